import { fail } from '../value/raised.ts'

/** A point in time cut into calendar fields, all in UTC. Months count from 0; seconds may have a fraction. */
export interface BrokenTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
}

/** Seconds since 1970, without the fraction; days and months out of range carry over. */
export function toEpoch(time: BrokenTime): number {
  const date = new Date(0)
  date.setUTCFullYear(time.year, time.month, time.day)
  date.setUTCHours(time.hours, time.minutes, Math.trunc(time.seconds))
  return Math.floor(date.getTime() / 1000)
}

export function fromEpoch(seconds: number): BrokenTime {
  const whole = Math.floor(seconds)
  const date = new Date(whole * 1000)
  if (Number.isNaN(date.getTime())) return fail('error converting number of seconds since epoch to datetime')
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    hours: date.getUTCHours(),
    minutes: date.getUTCMinutes(),
    seconds: date.getUTCSeconds() + (seconds - whole),
  }
}

export function dayOfWeek(time: BrokenTime): number {
  const days = Math.floor(toEpoch({ ...time, hours: 0, minutes: 0, seconds: 0 }) / 86_400)
  return (((days + 4) % 7) + 7) % 7
}

export function dayOfYear(time: BrokenTime): number {
  const start = toEpoch({ year: time.year, month: 0, day: 1, hours: 0, minutes: 0, seconds: 0 })
  return Math.floor((toEpoch({ ...time, hours: 0, minutes: 0, seconds: 0 }) - start) / 86_400)
}
