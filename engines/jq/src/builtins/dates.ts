import { fail } from '../value/raised.ts'
import { isNumber, toDouble, type Value } from '../value/value.ts'
import { type BrokenTime, dayOfWeek, dayOfYear, fromEpoch, toEpoch } from './broken-time.ts'
import type { Apply, Family } from './builtin.ts'
import { printTime } from './time-format.ts'
import { readTime } from './time-parse.ts'

function toList(time: BrokenTime): Value[] {
  const { year, month, day, hours, minutes, seconds } = time
  return [year, month, day, hours, minutes, seconds, dayOfWeek(time), dayOfYear(time)]
}

/** Reads jq's list form; fields that are left out are zero. */
function fromList(list: Value[], problem: string): BrokenTime {
  const fields = list.slice(0, 8).map(field => {
    if (!isNumber(field) || Number.isNaN(toDouble(field))) return fail(problem)
    return Math.trunc(toDouble(field))
  })
  const [year = 1900, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = fields
  return { year, month, day, hours, minutes, seconds }
}

function breakDown(name: string): Apply {
  return (_runtime, input) =>
    isNumber(input) ? toList(fromEpoch(toDouble(input))) : fail(`${name}() requires numeric inputs`)
}

function printer(name: string): Apply {
  return (_runtime, input, format) => {
    const problem = `${name}/1 requires parsed datetime inputs`
    if (!isNumber(input) && !Array.isArray(input)) return fail(problem)
    if (typeof format !== 'string') return fail(`${name}/1 requires a string format`)
    const time = isNumber(input) ? fromEpoch(toDouble(input)) : fromList(input, problem)
    return printTime(time, format)
  }
}

function makeTime(input: Value): Value {
  if (!Array.isArray(input)) return fail('mktime requires array inputs')
  const epoch = toEpoch(fromList(input, 'mktime requires parsed datetime inputs'))
  return Number.isNaN(epoch) ? fail('invalid gmtime representation') : epoch
}

function parseTime(input: Value, format: Value): Value {
  if (typeof input !== 'string' || typeof format !== 'string') {
    return fail('strptime/1 requires string inputs and arguments')
  }
  const read = readTime(input, format)
  if (!read) return fail(`date "${input}" does not match format "${format}"`)
  return read.rest === '' ? toList(read.time) : [...toList(read.time), read.rest]
}

/** Dates and times. There is no local time zone: local means UTC. */
export const dates: Family = {
  'gmtime/0': breakDown('gmtime'),
  'localtime/0': breakDown('localtime'),
  'mktime/0': (_runtime, input) => makeTime(input),
  'strftime/1': printer('strftime'),
  'strflocaltime/1': printer('strflocaltime'),
  'strptime/1': (_runtime, input, format) => parseTime(input, format),
  'now/0': runtime => {
    const { clock } = runtime
    return clock ? clock.now() / 1000 : fail('there is no clock here')
  },
}
