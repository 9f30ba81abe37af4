/** What stands right before a cursor, and so what could go on there. */
export interface Cursor {
  readonly kind: 'variable' | 'format' | 'field' | 'name' | 'none'
  /** What has been typed of it, without its sigil. */
  readonly typed: string
  /** Where it begins, the sigil included. */
  readonly start: number
}

/** Looks back from an offset. Nothing is completed inside comments and the plain parts of strings. */
export function cursorAt(text: string, offset: number): Cursor {
  const before = text.slice(0, offset)
  const code = codeBefore(before)
  const isInNumber = code !== undefined && /(?<![\w$@])\d[\d.]*\w*$/.test(code)
  if (code === undefined || isInNumber) return { kind: 'none', typed: '', start: offset }
  const found = /(\$|@|(?<![\d.])\.|(?<![\w$@]))((?:[a-zA-Z_]\w*(?:::)?)*)$/.exec(code)
  const kinds = { $: 'variable', '@': 'format', '.': 'field', '': 'name' } as const
  const sigil = (found?.[1] ?? '') as keyof typeof kinds
  const typed = found?.[2] ?? ''
  return { kind: kinds[sigil], typed, start: offset - typed.length - sigil.length }
}

/** The program text the cursor is in: since the innermost open interpolation; `undefined` inside text and comments. */
function codeBefore(before: string): string | undefined {
  const open: { readonly string: boolean; depth: number; start: number }[] = [{ string: false, depth: 0, start: 0 }]
  for (let at = 0; at < before.length; at++) {
    const top = open.at(-1)!
    const char = before[at]!
    if (top.string) {
      if (char === '"') open.pop()
      else if (char === '\\') {
        at++
        if (before[at] === '(') open.push({ string: false, depth: 0, start: at + 1 })
      }
    } else if (char === '"') open.push({ string: true, depth: 0, start: at + 1 })
    else if (char === '#') {
      const end = before.indexOf('\n', at)
      if (end === -1) return undefined
      at = end
    } else if (char === '(') top.depth++
    else if (char === ')' && top.depth-- === 0 && open.length > 1) open.pop()
  }
  const last = open.at(-1)!
  return last.string ? undefined : before.slice(last.start)
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** What would close everything that is open at the end of a text. */
export function closingOf(text: string): string {
  const open: string[] = []
  for (const [token] of text.matchAll(/#[^\n]*|\\\(|\\.|["()[\]{}]|\b(?:if|end)\b/g)) {
    const top = open.at(-1)
    if (top === '"') {
      if (token === '"') open.pop()
      else if (token === '\\(') open.push(')')
    } else if (token === '"') open.push('"')
    else if (token === 'if') open.push(' then . end')
    else if (token === 'end' || token === top) open.pop()
    else if (closers[token]) open.push(closers[token])
  }
  return open.reverse().join('')
}
