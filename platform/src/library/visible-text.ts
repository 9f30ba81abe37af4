import { JqForbidden } from '@super-data/jq'
import { ToolInvalid } from './errors.ts'

/** Controls but for line ends and tabs, characters without width, and those that turn text around. */
const invisible =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]|(?!\u061c|[\u200c-\u200f]|\ufe0e|\ufe0f)\p{DI}/u

/** What a person may not see, or not see where it stands; line ends and tabs too. */
const hidden = /[\p{C}\p{DI}]|(?! )\p{Z}/gu

/**
 * Refuses texts that a reviewer would see otherwise than a program or a model reads them.
 *
 * @throws ToolInvalid naming the character.
 */
export function requireVisible(what: string, texts: readonly string[]): void {
  for (const text of texts) {
    const found = invisible.exec(text)?.[0]
    if (found === undefined) continue
    throw new ToolInvalid(
      `${what} holds the character U+${codeOf(found)}, which cannot be seen`,
      'Leave it out, or write it as an escape.',
    )
  }
}

/**
 * Refuses a comment that goes on in the next line: readers, and older jq, take that line for a part of the program. A
 * backslash before the end of a line is nothing else in a program that parses.
 *
 * @throws JqForbidden
 */
export function requireEndedComments(text: string): void {
  const offset = text.search(/\\\r?$/m)
  if (offset === -1) return
  const before = text.slice(0, offset).split('\n')
  const position = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, offset }
  throw new JqForbidden('a comment that goes on after its line', position)
}

/** A text on one line, as far as it fits, with an escape for everything that could not be seen. */
export function shownLine(text: string, charactersMax: number): string {
  const start = [...text.slice(0, 2 * charactersMax)].slice(0, charactersMax).join('')
  const shown = start.replace(hidden, found => `\\u{${codeOf(found)}}`)
  return start.length < text.length ? `${shown} … (${text.length - start.length} more characters)` : shown
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
}
