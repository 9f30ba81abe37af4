/** The words of a command line of plain words and quoted ones, as a shell would cut them. */
export function shellWords(line: string): string[] {
  const words: string[] = []
  const pattern = /\s*((?:'[^']*'|"(?:[^"\\]|\\.)*"|[^\s'"])+)/gy
  for (const [, word = ''] of line.matchAll(pattern)) {
    words.push(
      word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"/g, (_all, plain, quoted) => plain ?? JSON.parse(`"${quoted}"`)),
    )
  }
  return words
}
