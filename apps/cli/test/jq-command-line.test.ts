import { describe, expect, it } from 'vitest'
import { type JqCommandLine, parseJqCommandLine } from '../src/jq/command-line.ts'

function parsed(...words: string[]): JqCommandLine {
  const line = parseJqCommandLine(words)
  if (line === 'help') throw new Error('help')
  return line
}

describe('the command line of jq', () => {
  it('takes the program first and files after it, options anywhere', () => {
    expect(parsed('-r', '.a', 'one.json', '-c', 'two.json')).toMatchObject({
      program: { text: '.a' },
      files: ['one.json', 'two.json'],
      output: { raw: true, indent: 0 },
    })
  })

  it('takes short options together', () => {
    expect(parsed('-nSrj', '1')).toMatchObject({
      input: { none: true },
      output: { raw: true, end: '', sortKeys: true },
    })
  })

  it('takes the program from a file, whose name may stand before or after -f', () => {
    expect(parsed('-f', 'p.jq', 'a.json')).toMatchObject({ program: { file: 'p.jq' }, files: ['a.json'] })
    expect(parsed('p.jq', '-rf', 'a.json')).toMatchObject({ program: { file: 'p.jq' }, files: ['a.json'] })
  })

  it('collects arguments by name and by position', () => {
    const line = parsed('--arg', 'a', '1', '--argjson', 'b', '{"x":1}', '$a', '--args', 'p', 'q', '--jsonargs', '3')
    expect(line.named).toEqual([
      { name: 'a', from: 'text', value: '1' },
      { name: 'b', from: 'json', value: '{"x":1}' },
    ])
    expect(line.positional).toEqual(['p', 'q', 3])
    expect(line.files).toEqual([])
  })

  it('knows how outputs are written', () => {
    expect(parsed('.').output).toMatchObject({ raw: false, end: '\n', indent: 2, ascii: false, sortKeys: false })
    expect(parsed('--tab', '.').output.indent).toBe('\t')
    expect(parsed('--indent', '7', '.').output.indent).toBe(7)
    expect(parsed('--raw-output0', '.').output).toMatchObject({ raw: true, end: '\0' })
  })

  it('after -- everything is a word', () => {
    expect(parsed('--', '-1', '-x').program).toEqual({ text: '-1' })
  })

  it.each([
    [['-Z', '.'], 'jq has no option -Z here'],
    [['--nonsense', '.'], 'jq has no option --nonsense here'],
    [['--indent', '9', '.'], '--indent takes a number from 0 to 7'],
    [['--arg', 'a'], '--arg needs a value'],
    [['-r'], 'the program is missing'],
    [['.', '--jsonargs', '{'], 'is not JSON'],
  ])('%j is refused', (words, message) => {
    expect(() => parseJqCommandLine(words)).toThrow(message)
  })
})
