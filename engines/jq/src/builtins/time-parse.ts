import { type BrokenTime, fromEpoch } from './broken-time.ts'
import { dayNames, monthNames } from './time-format.ts'

interface Fields {
  year?: number
  century?: number
  yearOfCentury?: number
  month?: number
  day?: number
  yearDay?: number
  hours?: number
  halfDayHours?: number
  afternoon?: boolean
  minutes?: number
  seconds?: number
  epoch?: number
}

/** `strptime` of the C library. `undefined` when the text does not fit; `rest` is what the format left over. */
export function readTime(text: string, format: string): { time: BrokenTime; rest: string } | undefined {
  const reader = new TimeReader(text)
  if (!reader.read(format)) return undefined
  const rest = text.slice(reader.at)
  if (rest !== '' && !/^\s/.test(rest)) return undefined
  return { time: assemble(reader.fields), rest }
}

class TimeReader {
  readonly #text: string
  at = 0
  readonly fields: Fields = {}
  constructor(text: string) {
    this.#text = text
  }

  read(format: string): boolean {
    for (const [piece, letter] of format.matchAll(/%[-_0^#]*[EO]?([a-zA-Z%+])|\s+|[^%\s]|%/g)) {
      const fits = letter === undefined ? this.#plain(piece) : this.#field(letter)
      if (!fits) return false
    }
    return true
  }

  #plain(piece: string): boolean {
    if (/^\s/.test(piece)) {
      this.#blanks()
      return true
    }
    if (!this.#text.startsWith(piece, this.at)) return false
    this.at += piece.length
    return true
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.at] ?? '')) this.at++
  }

  #field(letter: string): boolean {
    const composition = compositions[letter]
    if (composition !== undefined) return this.read(composition)
    const numeric = numericFields[letter]
    if (numeric) return this.#number(numeric)
    switch (letter) {
      case 'a':
      case 'A':
        return this.#name(dayNames) !== undefined
      case 'b':
      case 'B':
      case 'h': {
        const month = this.#name(monthNames)
        if (month !== undefined) this.fields.month = month
        return month !== undefined
      }
      case 'p':
      case 'P':
        return this.#halfDay()
      case 'Z':
        return this.#skip(/^\s*[^\s]*/)
      case 'z':
        return this.#skip(/^\s*(?:Z|[+-]\d{2}(?::?\d{2})?)/)
      case 'n':
      case 't':
        this.#blanks()
        return true
      case '%':
        return this.#plain('%')
      default:
        return false
    }
  }

  #number({ digits, min, max, set }: NumericField): boolean {
    this.#blanks()
    const match = new RegExp(`^[+-]?\\d{1,${digits}}`).exec(this.#text.slice(this.at, this.at + digits + 1))
    if (!match || (min >= 0 && /^[+-]/.test(match[0]))) return false
    const value = Number(match[0])
    if (value < min || value > max) return false
    this.at += match[0].length
    set(this.fields, value)
    return true
  }

  #name(names: readonly string[]): number | undefined {
    const rest = this.#text.slice(this.at).toLowerCase()
    for (const [index, name] of names.entries()) {
      const long = name.toLowerCase()
      const found = rest.startsWith(long) ? long : rest.startsWith(long.slice(0, 3)) ? long.slice(0, 3) : undefined
      if (found === undefined) continue
      this.at += found.length
      return index
    }
    return undefined
  }

  #halfDay(): boolean {
    const match = /^(am|pm)/i.exec(this.#text.slice(this.at))
    if (!match) return false
    this.at += 2
    this.fields.afternoon = match[0].toLowerCase() === 'pm'
    return true
  }

  #skip(pattern: RegExp): boolean {
    const match = pattern.exec(this.#text.slice(this.at))
    if (!match) return false
    this.at += match[0].length
    return true
  }
}

interface NumericField {
  readonly digits: number
  readonly min: number
  readonly max: number
  readonly set: (fields: Fields, value: number) => void
}

function numeric(digits: number, min: number, max: number, set: NumericField['set']): NumericField {
  return { digits, min, max, set }
}

const ignore = () => {}

const numericFields: Readonly<Record<string, NumericField | undefined>> = {
  Y: numeric(4, -9999, 9999, (fields, value) => {
    fields.year = value
  }),
  C: numeric(2, 0, 99, (fields, value) => {
    fields.century = value
  }),
  y: numeric(2, 0, 99, (fields, value) => {
    fields.yearOfCentury = value
  }),
  m: numeric(2, 1, 12, (fields, value) => {
    fields.month = value - 1
  }),
  d: day(),
  e: day(),
  H: hour(),
  k: hour(),
  I: halfDayHour(),
  l: halfDayHour(),
  M: numeric(2, 0, 59, (fields, value) => {
    fields.minutes = value
  }),
  S: numeric(2, 0, 61, (fields, value) => {
    fields.seconds = value
  }),
  j: numeric(3, 1, 366, (fields, value) => {
    fields.yearDay = value - 1
  }),
  s: numeric(15, -1e15, 1e15, (fields, value) => {
    fields.epoch = value
  }),
  u: numeric(1, 1, 7, ignore),
  w: numeric(1, 0, 6, ignore),
  U: numeric(2, 0, 53, ignore),
  W: numeric(2, 0, 53, ignore),
  V: numeric(2, 0, 53, ignore),
  G: numeric(4, 0, 9999, ignore),
  g: numeric(2, 0, 99, ignore),
}

function day(): NumericField {
  return numeric(2, 1, 31, (fields, value) => {
    fields.day = value
  })
}

function hour(): NumericField {
  return numeric(2, 0, 23, (fields, value) => {
    fields.hours = value
  })
}

function halfDayHour(): NumericField {
  return numeric(2, 1, 12, (fields, value) => {
    fields.halfDayHours = value % 12
  })
}

const compositions: Readonly<Record<string, string | undefined>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
}

function assemble(fields: Fields): BrokenTime {
  if (fields.epoch !== undefined) return fromEpoch(fields.epoch)
  const byDayOfYear = fields.yearDay !== undefined && fields.day === undefined
  const time: BrokenTime = {
    year: yearOf(fields),
    month: byDayOfYear ? 0 : (fields.month ?? 0),
    day: byDayOfYear ? fields.yearDay! + 1 : (fields.day ?? 0),
    hours: hoursOf(fields),
    minutes: fields.minutes ?? 0,
    seconds: fields.seconds ?? 0,
  }
  if (!byDayOfYear) return time
  const date = new Date(Date.UTC(time.year, 0, time.day))
  return { ...time, month: date.getUTCMonth(), day: date.getUTCDate() }
}

function yearOf({ year, century, yearOfCentury }: Fields): number {
  if (year !== undefined) return year
  if (century !== undefined) return century * 100 + (yearOfCentury ?? 0)
  if (yearOfCentury === undefined) return 1900
  return yearOfCentury < 69 ? 2000 + yearOfCentury : 1900 + yearOfCentury
}

function hoursOf({ hours, halfDayHours, afternoon }: Fields): number {
  if (halfDayHours !== undefined) return halfDayHours + (afternoon ? 12 : 0)
  return hours ?? 0
}
