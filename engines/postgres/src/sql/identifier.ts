import { PostgresNameInvalid } from '../errors.ts'

/** Bytes of UTF-8 PostgreSQL keeps of a name. */
const nameBytesMax = 63

/**
 * A name as SQL text, always in double quotes.
 *
 * @throws PostgresNameInvalid for names PostgreSQL cannot have: empty, with a NUL, or cut because over 63 bytes.
 */
export function quoteIdentifier(name: string): string {
  checkIdentifier(name)
  return `"${name.replaceAll('"', '""')}"`
}

/** `"schema"."name"`. */
export function quoteQualified(name: { readonly schema: string; readonly name: string }): string {
  return `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)}`
}

/** @throws PostgresNameInvalid */
export function checkIdentifier(name: string): void {
  if (name === '') throw new PostgresNameInvalid('a name cannot be empty')
  if (name.includes('\0')) throw new PostgresNameInvalid('a name cannot contain the character NUL')
  if (!name.isWellFormed()) throw new PostgresNameInvalid('a name must be well-formed Unicode')
  const bytes = Buffer.byteLength(name)
  if (bytes <= nameBytesMax) return
  throw new PostgresNameInvalid(`a name has at most ${nameBytesMax} bytes; this one has ${bytes}`, {
    details: { bytes, bytesMax: nameBytesMax },
  })
}

/** A text as an SQL literal, whatever `standard_conforming_strings` says. @throws PostgresNameInvalid for NUL. */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new PostgresNameInvalid('a text cannot contain the character NUL')
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return text.includes('\\') ? ` E${quoted}` : quoted
}
