import { stripVTControlCharacters, styleText } from 'node:util'

type Look = Parameters<typeof styleText>[0]

/** What the demo writes: short lines for people, in colour where the screen has it. */
export class Screen {
  readonly #out: NodeJS.WriteStream
  #step = 0

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  title(text: string): void {
    this.#line(`\n${this.#look('bold', text)}`)
    this.#line(this.#look('dim', '─'.repeat(text.length)))
  }

  /** Starts the next part of the story. */
  step(name: string, about: string): void {
    this.#step++
    this.#line(`\n${this.#look(['bold', 'cyan'], `${this.#step}  ${name}`)}  ${about}`)
  }

  say(text: string): void {
    for (const line of text.split('\n')) this.#line(`   ${line}`.trimEnd())
  }

  done(text: string): void {
    this.#line(`   ${this.#look('green', '✓')} ${text}`)
  }

  failed(text: string): void {
    this.#line(`   ${this.#look('red', '✗')} ${text.replaceAll('\n', '\n     ')}`)
  }

  /** Something that was asked, as it was written. */
  query(text: string): void {
    for (const line of text.trim().split('\n')) this.#line(`   ${this.#look('yellow', line)}`)
  }

  /** Numbers to the right, everything else to the left. */
  table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
    const widths = headings.map((heading, place) => Math.max(heading.length, ...rows.map(row => width(row[place]))))
    const right = headings.map((_, place) => rows.every(row => /^[\d.,]*( ms| kB| MB)?$|^–$/.test(String(row[place]))))
    const line = (cells: readonly (string | number)[]) =>
      cells
        .map((cell, place) => pad(String(cell), widths[place]!, right[place]!))
        .join('  ')
        .trimEnd()
    this.say(this.#look('dim', line(headings)))
    for (const row of rows) this.say(line(row))
  }

  #line(text: string): void {
    this.#out.write(`${text}\n`)
  }

  #look(look: Look, text: string): string {
    return styleText(look, text, { stream: this.#out })
  }
}

const width = (cell: string | number | undefined) => stripVTControlCharacters(String(cell ?? '')).length

function pad(text: string, length: number, right: boolean): string {
  const blank = ' '.repeat(Math.max(0, length - width(text)))
  return right ? blank + text : text + blank
}
