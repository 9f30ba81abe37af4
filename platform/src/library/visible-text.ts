import { ToolInvalid } from './errors.ts'

/** Controls but for line ends and tabs, characters without width, and those that turn text around. */
const invisible =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/u

/**
 * Refuses texts that a reviewer would see otherwise than a program or a model reads them.
 *
 * @throws ToolInvalid naming the character.
 */
export function requireVisible(what: string, texts: readonly string[]): void {
  for (const text of texts) {
    const found = invisible.exec(text)?.[0]
    if (found === undefined) continue
    const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    throw new ToolInvalid(
      `${what} holds the character U+${code}, which cannot be seen`,
      'Leave it out, or write it as an escape.',
    )
  }
}
