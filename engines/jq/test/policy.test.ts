import { describe, expect, it } from 'vitest'
import { analyse, compile, parse, parseDefinition, strangerPolicy } from '../src/index.ts'
import { failure, outputs } from './outputs.ts'

describe('policy', () => {
  it.each([
    ['input', 'input'],
    ['[inputs]', 'inputs'],
    ['debug', 'debug'],
    ['debug("x")', 'debug'],
    ['stderr', 'stderr'],
    ['halt', 'halt'],
    ['halt_error', 'halt_error'],
    ['halt_error(1)', 'halt_error'],
    ['env', 'env'],
    ['env.PATH', 'env'],
    ['$ENV', '$ENV'],
    ['$ENV.PATH', '$ENV'],
    ['{$ENV}', '$ENV'],
    ['"\\($ENV)"', '$ENV'],
    ['{"\\(env)": 1}', 'env'],
    ['{(input): 1}', 'input'],
    ['. as {(input): $x} | $x', 'input'],
    ['def f: env; 1', 'env'],
    ['def f(g): g; f(input)', 'input'],
    ['.[env]', 'env'],
    ['.[:input]', 'input'],
    ['reduce inputs as $x (0; 1)', 'inputs'],
    ['foreach 1 as $x (0; 1; env)', 'env'],
    ['try 1 catch env', 'env'],
    ['label $x | input', 'input'],
    ['if 1 then 2 else env end', 'env'],
    ['@json "\\(input)"', 'input'],
    ['-input', 'input'],
    ['.a |= env', 'env'],
    ['1 # comment \\\n env\n | input', 'input'],
    ['import "a" as a; 1', 'import'],
    ['import "creds" as $d {search: "/etc"}; $d', 'import'],
    ['include "a"; 1', 'include'],
    ['"a" | modulemeta', 'modulemeta'],
    ['input_filename', 'input_filename'],
    ['get_search_list', 'get_search_list'],
    ['input_line_number', 'input_line_number'],
  ])('a stranger may not use %s', (program, construct) => {
    expect(failure(program, null, { policy: strangerPolicy })).toMatchObject({
      code: 'JQ_FORBIDDEN',
      kind: 'denied',
      details: { construct },
    })
    expect(analyse(parse(program)).forbidden.map(each => each.construct)).toContain(construct)
  })

  it('lets strangers define functions of those names themselves', () => {
    const program = 'def input: 5; def f(env): env; input + f(1)'
    expect(outputs(program, null, { policy: strangerPolicy })).toEqual([6])
    expect(analyse(parse(program)).forbidden).toEqual([])
  })

  it('rules out one thing at a time', () => {
    expect(outputs('env', null, { policy: { inputs: false } })).toEqual([{}])
    expect(failure('env', null, { policy: { env: false } })).toMatchObject({ code: 'JQ_FORBIDDEN' })
    expect(failure('import "a" as a; 1')).toMatchObject({ code: 'JQ_FORBIDDEN' })
    expect(failure('import "a" as a; 1', null, { policy: { modules: true } })).toMatchObject({
      code: 'JQ_UNKNOWN_MODULE',
    })
  })

  it('never shows the process environment', () => {
    process.env['JQ_CANARY'] = 'canary'
    try {
      expect(JSON.stringify(outputs('env, $ENV'))).not.toContain('canary')
    } finally {
      delete process.env['JQ_CANARY']
    }
  })
})

describe('analysis', () => {
  it('lists the calls a program leaves open', () => {
    const { functions, variables } = analyse(
      parse(
        'def local: other(1); map(local | helper) + $limit | . as {a: $x} | lib::f($x; .) + "text helper2" # helper3',
      ),
    )
    expect(functions.map(each => `${each.name}/${each.arity}`)).toEqual(['other/1', 'helper/0', 'lib::f/2'])
    expect(variables.map(each => each.name)).toEqual(['limit'])
    expect(functions[1]?.position).toEqual({ line: 1, column: 34, offset: 33 })
  })

  it('looks through parameters, recursion and shadowing', () => {
    expect(analyse(parse('def f(g; $x): if g then f(g; $x) else x end; f(.; 1)')).functions).toEqual([])
    expect(analyse(parse('def map(a; b): 1; map(.; .), map(.; .; .)')).functions.map(each => each.arity)).toEqual([3])
    expect(analyse(parse('(def g: 1; g), g')).functions.map(each => each.name)).toEqual(['g'])
    expect(analyse(parse('[1 as $x | $x], $x')).variables).toHaveLength(1)
    expect(analyse(parse('reduce . as [$a, {b: $c}] ($a; $a + $c)')).variables.map(each => each.name)).toEqual(['a'])
    expect(analyse(parseDefinition('def f($x): $x + g + $y;'), 'def f($x): $x + g + $y;')).toMatchObject({
      functions: [{ name: 'g', arity: 0, position: { column: 17 } }],
      variables: [{ name: 'y' }],
    })
  })

  it('tells pure programs from others', () => {
    for (const text of ['map(.a)', 'todate', '$x', 'def now: 1; now', '$__loc__'])
      expect(analyse(parse(text)).pure).toBe(true)
    for (const text of ['now', 'input', 'env', '$ENV', 'debug', 'localtime', 'halt']) {
      expect(analyse(parse(text)).pure).toBe(false)
    }
  })

  it('gives advice about cost', () => {
    expect(analyse(parse('[..] | sort_by(.a)')).hints).toHaveLength(2)
    expect(analyse(parse('.a')).hints).toEqual([])
  })

  it('agrees with the compiler about what is unknown', () => {
    for (const text of ['f', 'def f: g; f', 'map(h)', '$x', 'def f(a): a(1); f(.)', '. as [$a] | $b']) {
      const { functions, variables } = analyse(parse(text))
      expect(functions.length + variables.length).toBeGreaterThan(0)
      expect(() => compile(text)).toThrow(/is not defined/)
    }
  })
})
