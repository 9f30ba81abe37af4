import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Around, run, temporaryFolder } from './shell.ts'

function jq(words: readonly string[], stdin = '', around: Around = {}) {
  return run(['jq', ...words], { ...around, stdin })
}

describe('super-data jq', () => {
  it.each([
    [['.a'], '{"a":{"b":1}}', '{\n  "b": 1\n}\n'],
    [['-c', '.'], '{"b":1,"a":2} [3]', '{"b":1,"a":2}\n[3]\n'],
    [['-cS', '.'], '{"b":1,"a":2}', '{"a":2,"b":1}\n'],
    [['-r', '.[]'], '["x","é"]', 'x\né\n'],
    [['-a', '.'], '"é"', '"\\u00e9"\n'],
    [['-j', '.[]'], '["a",1]', 'a1'],
    [['--raw-output0', '.[]'], '["a","b"]', 'a\0b\0'],
    [['-s', '-c', '.'], '1 2 3', '[1,2,3]\n'],
    [['-R', '.'], 'one\ntwo', '"one"\n"two"\n'],
    [['-Rs', '.'], 'one\ntwo\n', '"one\\ntwo\\n"\n'],
    [['-n', '[inputs]', '-c'], '1 2', '[1,2]\n'],
    [['-n', '1+1'], '', '2\n'],
    [['--tab', '.'], '[1]', '[\n\t1\n]\n'],
    [['--indent', '1', '.'], '[1]', '[\n 1\n]\n'],
    [['-c', '.'], '100000000000000000001', '100000000000000000001\n'],
    [['-nc', '[$a, $b]', '--arg', 'a', '1', '--argjson', 'b', '[2]'], '', '["1",[2]]\n'],
    [['-nc', '$ARGS', '--arg', 'a', 'x', '--args', 'p'], '', '{"positional":["p"],"named":{"a":"x"}}\n'],
    [['-nc', '[$ARGS.positional[]]', '--jsonargs', '1', '{}'], '', '[1,{}]\n'],
  ])('%j on %j', async (words, stdin, expected) => {
    expect(await jq(words, stdin)).toEqual({ code: 0, out: expected, err: '' })
  })

  it('reads programs, data and arguments from files', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'p.jq'), '# pick\n.[] + $more[0] + $text')
    writeFileSync(join(cwd, 'a.json'), '["a"]')
    writeFileSync(join(cwd, 'b.json'), '["b"]')
    writeFileSync(join(cwd, 'more.json'), '"!"')
    writeFileSync(join(cwd, 'text.txt'), 'x\n')
    const words = [
      '-f',
      'p.jq',
      'a.json',
      'b.json',
      '--slurpfile',
      'more',
      'more.json',
      '--rawfile',
      'text',
      'text.txt',
    ]
    expect(await jq(words, '', { cwd })).toMatchObject({ code: 0, out: '"a!x\\n"\n"b!x\\n"\n' })
  })

  it.each([
    [['.['], '1', 3, 'jq: 1 compile error'],
    [['$nobody'], '1', 3, '$nobody is not defined'],
    [['error("no")'], '1', 5, 'jq: error: no'],
    [['.'], '{"a":', 2, 'jq: error (at <stdin>)'],
    [['-e', '.'], 'false', 1, ''],
    [['-e', '.'], 'null', 1, ''],
    [['-e', 'empty'], '1', 4, ''],
    [['-e', '.'], '1', 0, ''],
    [['"bye\\n" | halt_error(7)'], '1', 7, 'bye\n'],
    [['-Z', '.'], '1', 2, 'jq has no option -Z here'],
    [['.', 'nowhere.json'], '', 2, 'Could not open nowhere.json: No such file or directory'],
  ])('%j on %j ends with %i', async (words, stdin, code, message) => {
    const ended = await jq(words, stdin)
    expect(ended.code).toBe(code)
    expect(ended.err).toContain(message)
  })

  it('goes on with the next input after one that failed', async () => {
    const { code, out, err } = await jq(['-c', '.a'], '{"a":1} [2] {"a":3}')
    expect(out).toBe('1\n3\n')
    expect(err).toMatch(/^jq: error: Cannot index array/)
    expect(code).toBe(5)
  })

  it('shows the values before a text that is broken', async () => {
    const { code, out } = await jq(['-c', '.'], '1\n[2]\n{')
    expect(code).toBe(2)
    expect(out).toBe('1\n[2]\n')
  })

  it('--help lists its options', async () => {
    const { code, out } = await jq(['--help'])
    expect(code).toBe(0)
    expect(out).toContain('--slurpfile NAME FILE')
  })

  it('debug messages go to stderr, the environment is there', async () => {
    const { out, err } = await jq(['-n', 'env.HELLO | debug'], '', { env: { HELLO: 'you' } })
    expect(out).toBe('"you"\n')
    expect(err).toBe('["DEBUG:","you"]\n')
  })
})
