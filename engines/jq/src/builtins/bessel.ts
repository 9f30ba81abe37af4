/** Bessel functions of order 0 and 1, by numerical integration of their integral forms; about ten digits. */

const turns = 400

/** Mean of a periodic function over half a turn: the trapezoid rule converges very fast here. */
function mean(of: (angle: number) => number): number {
  let sum = (of(0) + of(Math.PI)) / 2
  for (let step = 1; step < turns; step++) sum += of((step * Math.PI) / turns)
  return sum / turns
}

/** First kind, order 0. */
export function bessel0(x: number): number {
  if (Math.abs(x) > turns / 2) return wave(Math.abs(x), 0, Math.cos)
  return mean(angle => Math.cos(x * Math.sin(angle)))
}

/** First kind, order 1. */
export function bessel1(x: number): number {
  if (Math.abs(x) > turns / 2) return Math.sign(x) * wave(Math.abs(x), 1, Math.cos)
  return mean(angle => Math.cos(angle - x * Math.sin(angle)))
}

/** Second kind, order 0; defined for positive numbers. */
export function besselSecond0(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  return x > turns / 2 ? wave(x, 0, Math.sin) : secondKind(x, 0)
}

/** Second kind, order 1; defined for positive numbers. */
export function besselSecond1(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  return x > turns / 2 ? wave(x, 1, Math.sin) : secondKind(x, 1)
}

/** The asymptotic form for large arguments, with its first corrections. */
function wave(x: number, order: number, shape: (phase: number) => number): number {
  const m = 4 * order * order
  const phase = x - (order / 2 + 0.25) * Math.PI + (m - 1) / (8 * x)
  return Math.sqrt(2 / (Math.PI * x)) * (1 + (m - 1) / (16 * x * x)) * shape(phase)
}

function secondKind(x: number, order: number): number {
  const oscillating = simpson(angle => Math.sin(x * Math.sin(angle) - order * angle), Math.PI, 2000)
  const sign = order % 2 === 0 ? 1 : -1
  const reach = Math.asinh(60 / x) + 1
  const decaying = simpson(
    t => (Math.exp(order * t) + sign * Math.exp(-order * t)) * Math.exp(-x * Math.sinh(t)),
    reach,
    4000,
  )
  return (oscillating - decaying) / Math.PI
}

function simpson(of: (t: number) => number, end: number, steps: number): number {
  const width = end / steps
  let sum = of(0) + of(end)
  for (let step = 1; step < steps; step++) sum += of(step * width) * (step % 2 === 0 ? 2 : 4)
  return (sum * width) / 3
}
