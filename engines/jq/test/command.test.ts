import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson, printJson } from '../src/index.ts'
import { FileFolder, runLine } from './command-fixture.ts'

describe('options', () => {
  it.each([
    [['-rn', '"a"'], '"a"'],
    [['-n', '-r', '"a"'], 'a'],
  ])('may stand together or apart: %j', words => {
    expect(runLine(words).stdout).toBe('a\n')
  })

  it('may stand anywhere, and -- ends them', () => {
    expect(runLine(['.[0]', '-c', '--', '-1'], '').stderr).toContain('Could not open -1')
    expect(runLine(['--', '-1', '-x'], '').stderr).toContain('Could not open -x')
    expect(runLine(['-n', '-1']).stdout).toBe('-1\n')
    expect(runLine(['-n', '$ARGS.positional', '-c', '--args', 'a', '--', '-b', '--tab']).stdout).toBe(
      '["a","-b","--tab"]\n',
    )
    expect(runLine(['-Lx', '-n', '1']).stdout).toBe('1\n')
  })

  it.each([
    [['-Z', '.'], 'jq: Unknown option -Z'],
    [['-nZ', '.'], 'jq: Unknown option -Z'],
    [['--nonsense', '.'], 'jq: Unknown option --nonsense'],
    [['--indent', '9', '.'], 'jq: Cannot indent more than 7 characters'],
    [['--indent'], 'jq: --indent takes one parameter'],
    [['--arg', 'a'], 'jq: --arg takes two parameters (e.g. --arg varname value)'],
    [['--slurpfile', 'a'], 'jq: --slurpfile takes two parameters (e.g. --slurpfile varname filename)'],
    [['-n', '.', '--jsonargs', '{'], 'jq: Invalid JSON text passed to --jsonargs'],
    [['-L'], '-L takes a parameter: (e.g. -L /search/path or -L/search/path)'],
  ])('%j is refused with 2', (words, message) => {
    const { code, stderr, stdout } = runLine(words)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toBe(`${message}\nUse sdjq --help for help with command-line options.\n`)
  })

  it('ask for help, the version and the build', () => {
    expect(runLine(['-h']).stdout).toContain('Usage: sdjq [options] PROGRAM')
    expect(runLine(['--version']).stdout).toBe('jq-1.8\n')
    expect(runLine(['--build-configuration']).code).toBe(0)
    expect(runLine(['-nr', '$JQ_BUILD_CONFIGURATION']).stdout).toBe(runLine(['--build-configuration']).stdout)
  })

  it('a program is needed only when somebody looks on', () => {
    expect(runLine([], '1').stdout).toBe('1\n')
    const { code, stderr } = runLine([], '1', { terminal: { stdin: true, stdout: true } })
    expect(code).toBe(2)
    expect(stderr).toContain('Usage: sdjq')
    expect(runLine(['-f'], '1')).toMatchObject({ code: 2, stdout: '' })
  })

  it('the first of two arguments of a name counts', () => {
    expect(runLine(['-nr', '$a', '--arg', 'a', '1', '--arg', 'a', '2']).stdout).toBe('1\n')
  })

  it('--fmt prints the program, --lint says what is odd about it', () => {
    expect(runLine(['--fmt', ' .a|  ( .b ) # c']).stdout).toBe('.a | .b\n')
    expect(runLine(['--fmt', '.[']).code).toBe(3)
    expect(runLine(['--lint', '.a as $x | maap(.)'])).toEqual({
      code: 3,
      stdout:
        '1:7: warning: $x is never used (Call it $_x if that is meant.) [unused-variable]\n' +
        '1:12: error: maap/1 is not defined; did you mean map? [unknown-function]\n',
      stderr: '',
    })
    expect(runLine(['--lint', '$ok', '--arg', 'ok', '1'])).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

describe('colours', () => {
  const red = ['-Cc', '.']
  it('are used on a screen, unless told otherwise', () => {
    const screen = { terminal: { stdin: false, stdout: true } }
    expect(runLine(['.'], 'null', screen).stdout).toBe('\x1b[0;90mnull\x1b[0m\n')
    expect(runLine(['-M', '.'], 'null', screen).stdout).toBe('null\n')
    expect(runLine(['.'], 'null', { ...screen, env: { NO_COLOR: '1' } }).stdout).toBe('null\n')
    expect(runLine(['-C', '.'], 'null', { env: { NO_COLOR: '1' } }).stdout).toBe('\x1b[0;90mnull\x1b[0m\n')
  })

  it('can be changed by JQ_COLORS', () => {
    expect(runLine(red, 'null', { env: { JQ_COLORS: '4;31' } }).stdout).toBe('\x1b[4;31mnull\x1b[0m\n')
    expect(runLine(red, '{"a":1}', { env: { JQ_COLORS: '1:2:3:4:5:6:7:8' } }).stdout).toBe(
      '\x1b[7m{\x1b[0m\x1b[8m"a"\x1b[0m\x1b[7m:\x1b[0m\x1b[4m1\x1b[0m\x1b[7m}\x1b[0m\n',
    )
    expect(runLine(red, 'null', { env: { JQ_COLORS: 'garbage' } })).toMatchObject({
      stdout: '\x1b[0;90mnull\x1b[0m\n',
      stderr: 'Failed to set $JQ_COLORS\n',
    })
  })

  it('indented output has them too', () => {
    expect(runLine(['-C', '.'], '{"a":[]}').stdout).toBe(
      '\x1b[1;39m{\x1b[0m\n  \x1b[34;1m"a"\x1b[0m\x1b[1;39m:\x1b[0m \x1b[1;39m[]\x1b[0m\n\x1b[1;39m}\x1b[0m\n',
    )
  })
})

describe('inputs', () => {
  const values = fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 6 })
  const gap = fc.constantFrom(' ', '\n', '\n\n', '\t', ' \r\n ')
  const layout = fc.constantFrom<number | '\t'>(0, 1, 2, '\t')

  it('are any number of values, in whatever layout and pieces they come', () => {
    fc.assert(
      fc.property(values, gap, layout, fc.integer({ min: 1, max: 50 }), (list, between, indent, pieceBytes) => {
        const parsed = list.map(each => parseJson(JSON.stringify(each)))
        const text = parsed.map(each => printJson(each, { indent })).join(between)
        const expected = parsed.map(each => `${printJson(each)}\n`).join('')
        expect(runLine(['-c', '.'], text, { pieceBytes })).toEqual({ code: 0, stdout: expected, stderr: '' })
      }),
      { numRuns: 150 },
    )
  })

  it('give the same events as tostream makes', () => {
    fc.assert(
      fc.property(values, layout, fc.integer({ min: 1, max: 50 }), (list, indent, pieceBytes) => {
        const text = list.map(each => printJson(parseJson(JSON.stringify(each)), { indent })).join(' ')
        const events = runLine(['-c', '--stream', '.'], text, { pieceBytes })
        expect(events).toEqual(runLine(['-c', 'tostream'], text))
      }),
      { numRuns: 150 },
    )
  })

  it('of text are lines, whatever pieces they come in', () => {
    const text = 'é\n\nlast 😀'
    for (const pieceBytes of [1, 2, 3, 7]) {
      expect(runLine(['-R', '.'], text, { pieceBytes }).stdout).toBe('"é"\n""\n"last 😀"\n')
    }
  })

  it('run on from file to file when there is no line end between them', () => {
    using folder = new FileFolder({ a: '1', b: '2\n[3', c: ']' })
    expect(runLine(['-c', '.', 'a', 'b', 'c'], '', { cwd: folder.path }).stdout).toBe('12\n[3]\n')
    expect(runLine(['-R', '.', 'a', 'b', 'c'], '', { cwd: folder.path }).stdout).toBe('"12"\n"[3]"\n')
  })

  it('know their file and line', () => {
    using folder = new FileFolder({ a: '1\n[\n2]\n\n', b: '3\n' })
    const program = '[input_filename, input_line_number]'
    expect(runLine(['-c', program, 'a', 'b'], '', { cwd: folder.path }).stdout).toBe('["a",1]\n["a",3]\n["b",1]\n')
    expect(runLine(['-nc', program]).stdout).toBe('[null,0]\n')
    expect(runLine(['error("x")'], '1').stderr).toBe('jq: error (at <stdin>:0): x\n')
    expect(runLine(['error("x")'], '1\n').stderr).toBe('jq: error (at <stdin>:1): x\n')
  })

  it.each([
    ['1 2 x\n', 'jq: parse error: Invalid numeric literal at line 2, column 0\n', '1\n2\n'],
    ['{"a":\n', 'jq: parse error: Unfinished JSON term at EOF at line 2, column 0\n', ''],
    ['"abc', 'jq: parse error: Unfinished string at EOF at line 1, column 4\n', ''],
    ['1\n\n {"a":1,}', 'jq: parse error: Expected another key-value pair at line 3, column 9\n', '1\n'],
    ['[1]]', "jq: parse error: Unmatched ']' at line 1, column 4\n", '[1]\n'],
  ])('that are broken end the run: %j', (text, stderr, stdout) => {
    for (const pieceBytes of [1, 3, 1_000]) {
      expect(runLine(['-c', '.'], text, { pieceBytes })).toEqual({ code: 5, stdout, stderr })
    }
  })

  it('that are broken can be caught by the program that reads them', () => {
    expect(runLine(['-c', '[., try input catch "broken"]'], '1 [1,}').stdout).toBe('[1,"broken"]\n')
    expect(runLine(['-n', '[inputs]'], '1 [').code).toBe(5)
  })

  it.each([
    ['[1,', '[[0],1]\n["Unfinished JSON term at EOF at line 1, column 3",[1]]\n'],
    [
      '{"a":[1,2}',
      '[["a",0],1]\n[["a",1],2]\n["Unmatched \'}\' in the middle of an array at line 1, column 10",["a",1]]\n',
    ],
    ['[1 2]', '[[0],1]\n["Expected separator between values at line 1, column 4",[0]]\n'],
  ])('as events tell of mistakes when asked to: %j', (text, stdout) => {
    expect(runLine(['-c', '--stream-errors', '.'], text)).toEqual({ code: 0, stdout, stderr: '' })
    expect(runLine(['-c', '--stream', '.'], text).code).toBe(5)
  })

  it('in a sequence are separated by RS; truncated ones are passed over', () => {
    const ended = runLine(['-c', '--seq', '-s', '.'], '\x1e[1,2\x1e{"a":1}\n\x1e"x"\n\x1e[3')
    expect(ended.stdout).toBe('\x1e[{"a":1},"x"]\n')
    expect(ended.stderr).toBe(
      'jq: ignoring parse error: Truncated value at line 1, column 6\n' +
        'jq: ignoring parse error: Unfinished JSON term at EOF at line 3, column 3\n',
    )
    expect(ended.code).toBe(0)
  })

  it.each([
    ['1\x1e2 3\n', '\x1e2\n\x1e3\n', []],
    ['\x1e{x}\x1e1\n', '\x1e1\n', ['Invalid numeric literal at line 1, column 4 (need RS to resync)']],
    ['\x1e["b\x1e"c"\n', '\x1e"c"\n', ['Truncated value at line 1, column 5']],
    ['\x1e1\x1enull', '\x1enull\n', ['Potentially truncated top-level numeric value at line 1, column 3']],
    ['\x1e12', '', ['Potentially truncated top-level numeric value at EOF at line 1, column 3']],
    ['\x1e"a', '', ['Unfinished string at EOF at line 1, column 3']],
    ['"foo', '', ['Unfinished abandoned text at EOF at line 1, column 4']],
  ])('in a sequence begin at the first RS and go on at the next after a mistake: %j', (text, stdout, problems) => {
    const stderr = problems.map(problem => `jq: ignoring parse error: ${problem}\n`).join('')
    for (const pieceBytes of [1, 3, 1_000]) {
      expect(runLine(['-c', '--seq', '.'], text, { pieceBytes })).toEqual({ code: 0, stdout, stderr })
    }
  })

  it('in a sequence can be read as events', () => {
    for (const pieceBytes of [1, 3, 1_000]) {
      const text = '9 \x1e[1,{x}\x1e[2\x1e{"a":3}\n'
      expect(runLine(['-c', '--seq', '--stream', '.'], text, { pieceBytes })).toEqual({
        code: 0,
        stdout: '\x1e[[0],1]\n\x1e[[0],2]\n\x1e[["a"],3]\n\x1e[["a"]]\n',
        stderr:
          'jq: ignoring parse error: Object keys must be strings at line 1, column 8 (need RS to resync)\n' +
          'jq: ignoring parse error: Truncated value at line 1, column 13\n',
      })
    }
  })

  it('are read only as far as they are asked for', () => {
    let reads = 0
    const endless = () => {
      reads++
      return Buffer.from('{"a":1}\n'.repeat(1_000))
    }
    expect(runLine(['-nc', '[limit(2; inputs)]'], endless).stdout).toBe('[{"a":1},{"a":1}]\n')
    expect(reads).toBe(1)
    expect(runLine(['first(inputs) | halt'], endless).code).toBe(0)
    expect(runLine(['-n', '1'], endless).stdout).toBe('1\n')
    expect(reads).toBe(2)
  })

  it('do not pile up in memory, one after the other or as events of one huge value', () => {
    const many = (pieces: number, text: string, before = '', after = '') => {
      let left = pieces
      return () => {
        left--
        if (left === pieces - 1) return Buffer.from(before + text)
        return left === 0 ? Buffer.from(after) : left > 0 ? Buffer.from(text) : undefined
      }
    }
    const record = `{"text":"${'x'.repeat(1_000)}"}`
    const before = process.memoryUsage().heapUsed
    const lines = many(200, `${record}\n`.repeat(250))
    expect(runLine(['-n', 'reduce inputs as $_x (0; . + 1)'], lines).stdout).toBe('49750\n')
    const events = many(100, `${record},`.repeat(50), '[', '0]')
    expect(runLine(['-n', '--stream', 'reduce inputs as $_x (0; . + 1)'], events).stdout).toBe('9902\n')
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(150 * 1024 * 1024)
  })
})

describe('exit codes', () => {
  it.each([
    [['-e', '.'], '1', 0],
    [['-e', '.'], 'null', 1],
    [['-e', '.'], '1 false', 1],
    [['-e', '.'], 'false 1', 0],
    [['-e', 'empty'], '1', 4],
    [['-e', 'select(. == 1)'], '1 2', 0],
    [['-e', 'select(. == 1) | false'], '1 2', 1],
    [['-ne', 'false'], '', 1],
    [['-ne', 'empty'], '', 4],
    [['-e', 'error'], '1', 5],
    [['.a'], '[1]', 5],
    [['.a'], '[1] {"a":1}', 0],
    [['halt'], '1', 0],
    [['-e', 'halt'], '1', 0],
    [['halt_error'], '"x"', 5],
    [['halt_error(300)'], '"x"', 44],
    [['.', 'nowhere'], '', 2],
    [['-f', 'nowhere'], '', 2],
    [['.['], '', 3],
    [['--slurpfile', 'a', 'nowhere', '.'], '', 2],
  ])('%j on %j: %i', (words, stdin, code) => {
    expect(runLine(words, stdin).code).toBe(code)
  })

  it('an endless program stops when the signal fires', () => {
    const stop = new AbortController()
    const stdout = { write: () => stop.abort() }
    expect(runLine(['-n', '--unbuffered', 'repeat(1)'], '', { signal: stop.signal, stdout }).code).toBe(130)
  })
})

describe('messages', () => {
  it('of the program go to standard error, after what was written before them', () => {
    const seen: string[] = []
    const stdout = { write: (text: string) => void seen.push(`out ${text}`) }
    const stderr = { write: (text: string) => void seen.push(`err ${text}`) }
    runLine(['-n', '1, (2 | debug), ("x" | stderr), ({a: 1} | stderr), error({b: 2})'], '', { stdout, stderr })
    expect(seen).toEqual([
      'out 1\n',
      'err ["DEBUG:",2]\n',
      'out 2\n',
      'err x',
      'out "x"\n',
      'err {"a":1}',
      'out {\n  "a": 1\n}\n',
      'err jq: error (at <unknown>) (not a string): {"b":2}\n',
    ])
  })

  it('of debug are written as the outputs are, on one line', () => {
    expect(runLine(['-n', '-S', '-a', '{b: "é", a: 1} | debug']).stderr).toBe('["DEBUG:",{"a":1,"b":"\\u00e9"}]\n')
    expect(runLine(['-n', '-C', 'debug']).stderr).toContain('\x1b[0;90mnull\x1b[0m')
  })

  it('of halt_error are its input as it is', () => {
    expect(runLine(['-n', '"bye" | halt_error'])).toEqual({ code: 5, stdout: '', stderr: 'bye' })
    expect(runLine(['-n', '{a: 1} | halt_error(2)'])).toEqual({ code: 2, stdout: '', stderr: '{"a":1}\n' })
    expect(runLine(['-n', 'null | halt_error(1)'])).toEqual({ code: 1, stdout: '', stderr: '' })
  })

  it('of the compiler show the place', () => {
    expect(runLine(['.a |\n  nosuch(1)']).stderr).toBe(
      'jq: error: nosuch/1 is not defined at <top-level>, line 2, column 3:\n      nosuch(1)\n      ^^^^^^\njq: 1 compile error\n',
    )
  })

  it('a NUL cannot be told from the end of an output that ends in one', () => {
    const ended = runLine(['-n', '--raw-output0', '"a", "b\\u0000"'])
    expect(ended).toMatchObject({ code: 5, stdout: 'a\0' })
    expect(ended.stderr).toContain('Cannot dump a string containing NUL with --raw-output0 option')
  })
})
