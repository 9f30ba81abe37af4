/** Bytes that tell which object they belong to: a piece of another, or a hole, shows. */
export function bytesFilledFor(key: string, size: number): Uint8Array {
  const pattern = new TextEncoder().encode(`${key}|`)
  return Uint8Array.from({ length: size }, (_, at) => pattern[at % pattern.length]!)
}
