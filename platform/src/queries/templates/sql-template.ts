import { placeholderAt, refuseWithin, type Template } from './template.ts'

/**
 * Turns `${name}` into the variable `$name`. Every character stays where it is.
 *
 * @throws TemplatePlace in comments and quotes.
 */
export function compileSqlTemplate(text: string): Template {
  if (!text.includes('${')) return { text, places: [] }
  const places: { name: string; offset: number }[] = []
  let out = ''
  for (let at = 0; at < text.length; ) {
    const found = placeholderAt(text, at)
    if (found) {
      places.push({ name: found.name, offset: out.length })
      out += `$${found.name}  `
      at += found.length
    } else {
      const end = endOfPart(text, at)
      out += text.slice(at, end)
      at = end
    }
  }
  return { text: out, places }
}

/** Past the quoted text or comment that starts here, which must hold no placeholder; else past one character. */
function endOfPart(text: string, start: number): number {
  const quoted = quotedEnd(text, start)
  const end = quoted ?? commentEnd(text, start)
  if (end === undefined) return start + 1
  refuseWithin(text, { start, end }, quoted === undefined ? 'a comment' : 'quotes')
  return end
}

const quotes = [
  // With backslash escapes.
  /(?<![A-Za-z0-9_$])[eE]'(?:[^'\\]|''|\\[\s\S])*(?:'|$)/y,
  /'(?:[^']|'')*(?:'|$)/y,
  /"(?:[^"]|"")*(?:"|$)/y,
  /(?<![A-Za-z0-9_$])\$((?:[A-Za-z_][A-Za-z0-9_]*)?)\$[\s\S]*?(?:\$\1\$|$)/y,
]

function quotedEnd(text: string, start: number): number | undefined {
  return quotes.map(quote => endOf(quote, text, start)).find(end => end !== undefined)
}

function commentEnd(text: string, start: number): number | undefined {
  return text.startsWith('/*', start) ? blockCommentEnd(text, start) : endOf(/--[^\n]*/y, text, start)
}

/** Block comments nest. */
function blockCommentEnd(text: string, start: number): number {
  let depth = 0
  const marks = /\/\*|\*\//g
  marks.lastIndex = start
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex
  }
  return text.length
}

function endOf(pattern: RegExp, text: string, start: number): number | undefined {
  pattern.lastIndex = start
  const found = pattern.exec(text)
  return found ? found.index + found[0].length : undefined
}
