const hourMs = 3_600_000

const hours: Readonly<Record<string, number>> = { day: 24, week: 7 * 24, month: 30 * 24 }

/** When a period that ends now began: 0 for `all`. */
export function startOf(period: string, now: number): number {
  if (period === 'all') return 0
  const perUnit = period.endsWith('h') ? 1 : 24
  return Math.max(0, now - (hours[period] ?? Number.parseInt(period, 10) * perUnit) * hourMs)
}
