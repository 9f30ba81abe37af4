const largest = '1.7976931348623157e+308'

/** A number, or a literal kept as its text, as jq prints it: shortest digits that read back the same, at most 17, `null` for NaN. */
export function numberText(value: number | { readonly text: string }): string {
  if (typeof value !== 'number') return value.text
  if (Number.isInteger(value) && value < 1e16 && value > -1e16)
    return value === 0 && 1 / value < 0 ? '-0' : String(value)
  const size = Math.abs(value)
  if (size >= 1e-4 && size < 1e16) return String(value)
  if (Number.isNaN(value)) return 'null'
  if (!Number.isFinite(value)) return value > 0 ? largest : `-${largest}`
  return extremeText(value)
}

/** Very large and very small numbers: exponents get a sign and two digits, long integers stay plain. */
function extremeText(value: number): string {
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const exponent = Number(power)
  const sign = value < 0 ? '-' : ''
  if (exponent > 0 && exponent + 1 <= digits.length + 15) return sign + digits.padEnd(exponent + 1, '0')
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${size}`
}
