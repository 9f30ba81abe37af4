import { DatasetInvalid } from '../errors.ts'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const quote = 0x22
const space = 0x20
const backslash = 0x5c

/** The more frequent one in the header separates; the earlier one when two are even. */
const separators = [',', ';', '\t', '|'].map(each => each.charCodeAt(0))

/** Whether a byte changes nothing within a field that is not in quotes. */
const isOrdinary = Uint8Array.from({ length: 256 }, (_, byte) =>
  [lineFeed, carriageReturn, quote, ...separators].includes(byte) ? 0 : 1,
)

type Place = 'start' | 'plain' | 'quoted' | 'closed'

/**
 * Checks that every row of a CSV file has as many fields as its first, and that every quote is closed.
 *
 * The first line tells what separates fields; a line without a separator makes a file of one column. One empty field
 * more than the header is a separator at the end of the line, which many programs write.
 */
export class CsvShape {
  readonly #escape: number
  readonly #counts = separators.map(() => 0)
  #separator: number | undefined
  #columns: number | undefined
  #place: Place = 'start'
  #line = 1
  #rowLine = 1
  #quoteLine = 1
  #fields = 1
  #isBlank = true
  #fieldIsEmpty = true
  #afterReturn = false
  #escaped = false

  /** @param within what makes a quote within quotes plain: a second quote, or a backslash. */
  constructor(within: 'quote' | 'backslash') {
    this.#escape = within === 'quote' ? quote : backslash
  }

  /** @throws DatasetInvalid with the line. */
  write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (this.#place !== 'plain' || isOrdinary[byte] === 0) this.#take(byte)
    }
  }

  /** @throws DatasetInvalid */
  end(): void {
    if (this.#place === 'quoted') throw this.#unclosed()
    this.#endRow()
  }

  /** What separates fields; null in a file of one column. */
  get separator(): string | null {
    return this.#separator === undefined ? null : String.fromCharCode(this.#separator)
  }

  #take(byte: number): void {
    const isSecondHalf = byte === lineFeed && this.#afterReturn
    this.#afterReturn = byte === carriageReturn
    if (isSecondHalf) return
    const isLineEnd = byte === lineFeed || byte === carriageReturn
    if (isLineEnd) this.#line++
    if (this.#place === 'quoted') this.#takeQuoted(byte)
    else if (isLineEnd) this.#endRow()
    else this.#takePlain(byte)
  }

  #takeQuoted(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === quote) this.#place = 'closed'
    else if (byte === this.#escape) this.#escaped = true
  }

  #takePlain(byte: number): void {
    this.#isBlank = false
    if (this.#isSeparator(byte)) this.#endField()
    else if (byte === quote && this.#place === 'start') this.#openQuote()
    else if (byte === quote && this.#place === 'closed' && this.#escape === quote) this.#place = 'quoted'
    else if (byte === space) return
    else if (this.#place === 'closed') throw this.#afterQuote()
    else {
      this.#place = 'plain'
      this.#fieldIsEmpty = false
    }
  }

  #isSeparator(byte: number): boolean {
    if (this.#columns !== undefined) return byte === this.#separator
    const known = separators.indexOf(byte)
    if (known !== -1) this.#counts[known]!++
    return known !== -1
  }

  #endField(): void {
    this.#fields++
    this.#place = 'start'
    this.#fieldIsEmpty = true
  }

  #openQuote(): void {
    this.#place = 'quoted'
    this.#quoteLine = this.#line
    this.#fieldIsEmpty = false
  }

  #endRow(): void {
    if (!this.#isBlank) {
      if (this.#columns === undefined) this.#learnHeader()
      else this.#checkRow(this.#columns)
    }
    this.#place = 'start'
    this.#fields = 1
    this.#isBlank = true
    this.#fieldIsEmpty = true
    this.#rowLine = this.#line
  }

  #learnHeader(): void {
    const most = Math.max(...this.#counts)
    this.#columns = most + 1
    if (most > 0) this.#separator = separators[this.#counts.indexOf(most)]!
  }

  #checkRow(columns: number): void {
    if (this.#fields === columns || (this.#fields === columns + 1 && this.#fieldIsEmpty)) return
    const fields = `${this.#fields} ${this.#fields === 1 ? 'field' : 'fields'}`
    throw new DatasetInvalid(`line ${this.#rowLine} has ${fields}, the header has ${columns}`)
  }

  /** A quote that ends on another line than it began most likely found the end of a later one. */
  #afterQuote(): DatasetInvalid {
    if (this.#quoteLine !== this.#line) return this.#unclosed()
    return new DatasetInvalid(`line ${this.#line}: something follows a closing quote`)
  }

  #unclosed(): DatasetInvalid {
    return new DatasetInvalid(`line ${this.#quoteLine}: a quote is not closed`)
  }
}
