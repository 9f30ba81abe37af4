import type { Value } from './value.ts'

/** Characters of a piece. With the brackets around it, it is too short to be nested too deeply. */
export const pieceCharsMax = 19_990
const triesMax = 4

/**
 * Reads a long array a few thousand characters at a time. Where an element ends is guessed from how the first one
 * begins, and proved by the piece: if `[` + piece + `]` is one array, the comma behind the piece divides elements of the
 * array around it. `undefined` when a guess was wrong, or nothing can be guessed.
 */
export function parseInPieces(text: string, parse: (text: string) => Value): Value[] | undefined {
  const start = skipBlanks(text, 0)
  const end = skipBlanksBack(text, text.length)
  if (text[start] !== '[' || text[end - 1] !== ']') return undefined
  const head = elementHead(text, start + 1)
  const elements: Value[] = []
  for (let at = start + 1; at < end; ) {
    const cut = findCut(text, head, at, end - 1)
    const piece = cut === undefined ? undefined : parsePiece(text.slice(at, cut), parse)
    if (!piece) return undefined
    for (const element of piece) elements.push(element)
    at = cut! + 1
  }
  return elements
}

/** The elements in a text; `undefined` when it is not a list of at least one, divided by commas. */
export function parsePiece(text: string, parse: (text: string) => Value): Value[] | undefined {
  try {
    const elements = parse(`[${text}]`) as Value[]
    return elements.length > 0 ? elements : undefined
  } catch {
    return undefined
  }
}

const headPattern = /[ \t\r\n]*(\{[ \t\r\n]*(?:"[^"\\]{0,100}"[ \t\r\n]*:)?|\[|"|)/y

/** How the element at a place begins: an object with its first key. */
export function elementHead(text: string, at: number): string {
  headPattern.lastIndex = at
  return headPattern.exec(text)?.[1] ?? ''
}

/** The place of the last comma of a piece before something that begins like an element, or the end of the last piece. */
function findCut(text: string, head: string, from: number, end: number): number | undefined {
  if (end - from <= pieceCharsMax) return end
  let at = from + pieceCharsMax
  for (let tries = 0; tries < triesMax; tries++) {
    at = head === '' ? at : text.lastIndexOf(head, at)
    const comma = head === '' ? text.lastIndexOf(',', at) : skipBlanksBack(text, at) - 1
    if (comma <= from) return undefined
    if (text[comma] === ',') return comma
    at--
  }
  return undefined
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (isBlank(text.charCodeAt(at))) at++
  return at
}

/** The place behind the last character before `from` that is not blank. */
function skipBlanksBack(text: string, from: number): number {
  let at = from
  while (isBlank(text.charCodeAt(at - 1))) at--
  return at
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
