import { ManualClock } from '@super-data/base/clock'
import { describe, expect, it } from 'vitest'
import type { Value } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

describe('dates', () => {
  it.each<[string, Value, Value]>([
    ['todate', 1425599621, '2015-03-05T23:53:41Z'],
    ['fromdate', '2015-03-05T23:51:47Z', 1425599507],
    ['gmtime', 1425599621.25, [2015, 2, 5, 23, 53, 41.25, 4, 63]],
    ['localtime', 0, [1970, 0, 1, 0, 0, 0, 4, 0]],
    ['gmtime', -1, [1969, 11, 31, 23, 59, 59, 3, 364]],
    ['gmtime | mktime', 1425599621.25, 1425599621],
    ['mktime', [2024, 1, 30, 0, 0, 0], 1709251200],
    ['strptime("%Y-%m-%dT%H:%M:%SZ")', '2015-03-05T23:51:47Z', [2015, 2, 5, 23, 51, 47, 4, 63]],
    ['strptime("%d %b %Y %I:%M %p") | mktime | todate', '10 Mar 2015 10:20 PM', '2015-03-10T22:20:00Z'],
    ['strptime("%A, %B %d, %y") | mktime | todate', 'Tuesday, June 30, 15', '2015-06-30T00:00:00Z'],
    ['strptime("%Y %j") | mktime | todate', '2024 60', '2024-02-29T00:00:00Z'],
    ['strptime("%s") | mktime', '1700000000', 1700000000],
    ['strptime("%F %T %z") | mktime', '2024-01-01 00:00:00 +0100', 1704067200],
    ['strptime("%H:%M") | .[8]', '10:20 rest', ' rest'],
    [
      'strftime("%A %a %B %b %d %e %H %I %j %k %l %M %m %p %S %s %u %w %y %Y %Z %z %%")',
      1425599621,
      'Thursday Thu March Mar 05  5 23 11 064 23 11 53 03 PM 41 1425599621 4 4 15 2015 UTC +0000 %',
    ],
    [
      'strftime("%c|%D|%F|%R|%T|%r|%U %V %W %G %g %C")',
      1425599621,
      'Thu Mar  5 23:53:41 2015|03/05/15|2015-03-05|23:53|23:53:41|11:53:41 PM|09 10 09 2015 15 20',
    ],
    ['strftime("%-d %_d %-m %^a %5Y")', 1425599621, '5  5 3 THU 02015'],
    ['strflocaltime("%H:%M")', 0, '00:00'],
    ['strftime("%V %G")', 1735516800, '01 2025'],
    ['date, dateadd("seconds"; 60)', 0, '1970-01-01T00:00:00Z'],
    ['strftime("")', 0, ''],
  ])('%s of %j', (program, input, expected) => {
    expect(outputs(program, input)[0]).toEqual(expected)
  })

  it('reads the clock it is given', () => {
    expect(outputs('now', null, { clock: new ManualClock(1500) })).toEqual([1.5])
  })

  it.each([
    ['strptime("%Y")', 'abc', 'date "abc" does not match format "%Y"'],
    ['strptime("%Y")', 1, 'strptime/1 requires string inputs and arguments'],
    ['mktime', 'x', 'mktime requires array inputs'],
    ['mktime', ['x'], 'mktime requires parsed datetime inputs'],
    ['gmtime', 'x', 'gmtime() requires numeric inputs'],
    ['strftime("%Y")', {}, 'strftime/1 requires parsed datetime inputs'],
    ['strftime(1)', 0, 'strftime/1 requires a string format'],
    ['gmtime', 1e300, 'error converting number of seconds since epoch to datetime'],
  ])('%s of %j fails with jq words', (program, input, message) => {
    expect(failure(program, input as Value).message).toBe(message)
  })
})
