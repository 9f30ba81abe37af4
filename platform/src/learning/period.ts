const dayMs = 86_400_000

const days: Readonly<Record<string, number>> = { day: 1, week: 7, month: 30 }

/** When a period that ends now began: 0 for `all`. */
export function startOf(period: string, now: number): number {
  if (period === 'all') return 0
  return Math.max(0, now - (days[period] ?? Number(period)) * dayMs)
}
