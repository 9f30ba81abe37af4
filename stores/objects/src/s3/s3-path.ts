/** Percent-encodes as Signature Version 4 counts it: everything but letters, digits, `-`, `.`, `_` and `~`. */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** A key in a path: slashes stay, dots mean nothing. */
export function encodeKey(key: string): string {
  return key.split('/').map(encodeStrictly).join('/')
}

/** In the order the signature wants; the same text is signed and sent. */
export function queryText(query: Readonly<Record<string, string>> = {}): string {
  return Object.entries(query)
    .map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`)
    .sort()
    .join('&')
}
