import { type BrokenTime, dayOfWeek, dayOfYear, toEpoch } from './broken-time.ts'

export const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** A field before padding: its number, its usual width and filler; or finished text. */
type Field = string | { readonly value: number; readonly width: number; readonly filler?: ' ' | '0' }

/** `strftime` of the C library, in its C locale and UTC. */
export function printTime(given: BrokenTime, format: string): string {
  const time = normal(given)
  return format.replace(/%([-_0^#]*)(\d*)[EO]?([a-zA-Z%+])/g, (whole, flags: string, width: string, letter: string) => {
    const field = fieldFor(letter, time)
    if (field === undefined) return whole
    return decorate(field, flags, width)
  })
}

/** The same instant with every field in its range. */
function normal(time: BrokenTime): BrokenTime {
  const date = new Date(toEpoch(time) * 1000)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    hours: date.getUTCHours(),
    minutes: date.getUTCMinutes(),
    seconds: date.getUTCSeconds(),
  }
}

function decorate(field: Field, flags: string, width: string): string {
  if (typeof field === 'string') {
    const text = flags.includes('^') ? field.toUpperCase() : field
    return text.padStart(Number(width), flags.includes('0') ? '0' : ' ')
  }
  if (flags.includes('-')) return String(field.value)
  const filler = flags.includes('_') ? ' ' : flags.includes('0') ? '0' : (field.filler ?? '0')
  const digits = String(Math.abs(field.value)).padStart(width === '' ? field.width : Number(width), filler)
  return field.value < 0 ? `-${digits}` : digits
}

function number(value: number, width = 2, filler: ' ' | '0' = '0'): Field {
  return { value, width, filler }
}

function fieldFor(letter: string, time: BrokenTime): Field | undefined {
  const { year, month, day, hours, minutes, seconds } = time
  switch (letter) {
    case 'Y':
      return number(year, 0)
    case 'C':
      return number(Math.floor(year / 100))
    case 'y':
      return number(((year % 100) + 100) % 100)
    case 'm':
      return number(month + 1)
    case 'd':
      return number(day)
    case 'e':
      return number(day, 2, ' ')
    case 'H':
      return number(hours)
    case 'k':
      return number(hours, 2, ' ')
    case 'I':
      return number(hours % 12 || 12)
    case 'l':
      return number(hours % 12 || 12, 2, ' ')
    case 'M':
      return number(minutes)
    case 'S':
      return number(seconds)
    case 's':
      return number(toEpoch(time), 0)
    case 'j':
      return number(dayOfYear(time) + 1, 3)
    default:
      return weekField(letter, time) ?? textField(letter, time)
  }
}

function weekField(letter: string, time: BrokenTime): Field | undefined {
  const weekday = dayOfWeek(time)
  const yearDay = dayOfYear(time)
  switch (letter) {
    case 'u':
      return number(weekday || 7, 1)
    case 'w':
      return number(weekday, 1)
    case 'U':
      return number(Math.floor((yearDay + 7 - weekday) / 7))
    case 'W':
      return number(Math.floor((yearDay + 7 - ((weekday + 6) % 7)) / 7))
    case 'V':
      return number(isoWeek(time).week)
    case 'G':
      return number(isoWeek(time).year, 0)
    case 'g':
      return number(isoWeek(time).year % 100)
    default:
      return undefined
  }
}

/** The week that holds the Thursday, and the year it belongs to. */
function isoWeek(time: BrokenTime): { week: number; year: number } {
  const toThursday = 3 - ((dayOfWeek(time) + 6) % 7)
  const thursday = normal({ ...time, day: time.day + toThursday })
  return { week: Math.floor(dayOfYear(thursday) / 7) + 1, year: thursday.year }
}

const compositions: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  '+': '%a %b %e %H:%M:%S %Z %Y',
}

function textField(letter: string, time: BrokenTime): string | undefined {
  const composition = compositions[letter]
  if (composition !== undefined) return printTime(time, composition)
  switch (letter) {
    case 'a':
      return dayNames[dayOfWeek(time)]!.slice(0, 3)
    case 'A':
      return dayNames[dayOfWeek(time)]!
    case 'b':
    case 'h':
      return monthNames[time.month]!.slice(0, 3)
    case 'B':
      return monthNames[time.month]!
    case 'p':
      return time.hours < 12 ? 'AM' : 'PM'
    case 'P':
      return time.hours < 12 ? 'am' : 'pm'
    case 'Z':
      return 'UTC'
    case 'z':
      return '+0000'
    case 'n':
      return '\n'
    case 't':
      return '\t'
    case '%':
      return '%'
    default:
      return undefined
  }
}
