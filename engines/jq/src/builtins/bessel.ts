/** Bessel functions of order 0 and 1, to about fourteen digits away from their zeros. */

const euler = 0.5772156649015329
/** From here on the asymptotic series reaches full precision. */
const far = 25
/** Below this the power series needs few terms and keeps every digit of small results. */
const near = 1

/** First kind, order 0. */
export function bessel0(x: number): number {
  const size = Math.abs(x)
  if (size >= far) return distant(0, size).first
  return size < near ? powers(0, x) : integral(0, x)
}

/** First kind, order 1. */
export function bessel1(x: number): number {
  const size = Math.abs(x)
  if (size >= far) return Math.sign(x) * distant(1, size).first
  return size < near ? powers(1, x) : integral(1, x)
}

/** Second kind, order 0; defined for positive numbers. */
export function besselSecond0(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (x >= far) return distant(0, x).second
  const sum = series(x, k => integral(2 * k, x) / k)
  return ((Math.log(x / 2) + euler) * bessel0(x) - 2 * sum) * (2 / Math.PI)
}

/** Second kind, order 1; defined for positive numbers. */
export function besselSecond1(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (x >= far) return distant(1, x).second
  const sum = series(x, k => (integral(2 * k + 1, x) * (2 * k + 1)) / (k * (k + 1)))
  return ((Math.log(x / 2) + euler - 1) * bessel1(x) - bessel0(x) / x - sum) * (2 / Math.PI)
}

function powers(order: 0 | 1, x: number): number {
  let term = order === 0 ? 1 : x / 2
  let sum = term
  for (let k = 1; k < 12; k++) {
    term *= -(x * x) / (4 * k * (k + order))
    sum += term
  }
  return sum
}

const turns = 100

/** First kind of any order by its integral over half a turn, where the trapezoid rule converges very fast. */
function integral(order: number, x: number): number {
  const of = (angle: number) => Math.cos(order * angle - x * Math.sin(angle))
  let sum = (of(0) + of(Math.PI)) / 2
  for (let step = 1; step < turns; step++) sum += of((step * Math.PI) / turns)
  return sum / turns
}

/** An alternating series over k = 1, 2, …, as long as its terms matter: orders far above x give next to nothing. */
function series(x: number, term: (k: number) => number): number {
  const last = Math.ceil(x / 2) + 12
  let sum = 0
  for (let k = 1; k <= last; k++) sum += k % 2 === 0 ? term(k) : -term(k)
  return sum
}

/** Hankel's asymptotic form of both kinds. */
function distant(order: 0 | 1, x: number): { first: number; second: number } {
  if (x === Number.POSITIVE_INFINITY) return { first: 0, second: 0 }
  const { even, odd } = amplitudes(4 * order * order, x)
  const turn = (order / 2 + 0.25) * Math.PI
  // The difference of angles is taken on the circle: subtracting from a large x would lose digits.
  const cosine = Math.cos(x) * Math.cos(turn) + Math.sin(x) * Math.sin(turn)
  const sine = Math.sin(x) * Math.cos(turn) - Math.cos(x) * Math.sin(turn)
  const scale = Math.sqrt(2 / (Math.PI * x))
  return { first: scale * (even * cosine - odd * sine), second: scale * (even * sine + odd * cosine) }
}

const termsMax = 30

function amplitudes(m: number, x: number): { even: number; odd: number } {
  let even = 1
  let odd = 0
  let term = 1
  for (let k = 1; k <= termsMax; k++) {
    const next = (term * (m - (2 * k - 1) ** 2)) / (8 * k * x)
    if (Math.abs(next) > Math.abs(term) && k > 1) break
    term = next
    const sign = k % 4 < 2 ? 1 : -1
    if (k % 2 === 1) odd += sign * term
    else even += sign * term
  }
  return { even, odd }
}
