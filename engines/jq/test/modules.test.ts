import { describe, expect, it } from 'vitest'
import { compile, type ModuleLibrary, strangerPolicy } from '../src/index.ts'

function libraryOf(texts: Readonly<Record<string, string>>): ModuleLibrary & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    resolve: (path, kind) => {
      asked.push(`${kind} ${path}`)
      return texts[path]
    },
  }
}

function run(text: string, texts: Readonly<Record<string, string>>, options: Parameters<typeof compile>[1] = {}) {
  const found: unknown[] = []
  compile(text, { functions: libraryOf(texts), ...options }).run(null, { emit: output => void found.push(output) })
  return found
}

function failing(text: string, texts: Readonly<Record<string, string>>, options?: Parameters<typeof compile>[1]) {
  try {
    run(text, texts, options)
  } catch (error) {
    return error as { code: string; message: string; position: unknown; details: Record<string, unknown> }
  }
  throw new Error('it compiled')
}

const text3 = 'def shout: ascii_upcase + "!"; def twice(f): [f, f];'

describe('modules', () => {
  it('are found in the library by the very name they are imported under', () => {
    expect(run('import "lib/text@3" as t; "a" | t::shout, t::twice(. + "b")', { 'lib/text@3': text3 })).toEqual([
      'A!',
      ['ab', 'ab'],
    ])
    expect(failing('import "lib/text@4" as t; 1', { 'lib/text@3': text3 })).toMatchObject({
      code: 'JQ_UNKNOWN_MODULE',
      position: { line: 1, column: 1 },
    })
  })

  it('can be included, and then need no prefix', () => {
    expect(run('include "t"; def shout: . + "?"; "a" | shout, twice(1)', { t: text3 })).toEqual(['a?', [1, 1]])
  })

  it('can be data', () => {
    const texts = { prices: '{"apple": 12345678901234567890} [1]' }
    expect(run('import "prices" as $p; $p[1], $p::p[1], ($p | length), ($p[0].apple | tostring)', texts)).toEqual([
      [1],
      [1],
      2,
      '12345678901234567890',
    ])
  })

  it('import each other, and see neither what others import nor what the program defines', () => {
    const texts = { a: 'import "b" as b; def up: b::inc + 1;', b: 'include "c"; def inc: one + 1;', c: 'def one: 1;' }
    expect(run('import "a" as a; def one: 100; a::up', texts)).toEqual([3])
    expect(failing('import "a" as a; a::inc', texts)).toMatchObject({ code: 'JQ_UNKNOWN_FUNCTION' })
    expect(failing('import "b" as b; b::one', texts)).toMatchObject({ code: 'JQ_UNKNOWN_FUNCTION' })
    expect(failing('include "m"; f', { m: 'def f: g;' })).toMatchObject({ code: 'JQ_MODULE_INVALID' })
  })

  it('are read once however often they are imported', () => {
    const library = libraryOf({
      a: 'import "c" as c; def x: c::x;',
      b: 'import "c" as c; def x: c::x;',
      c: 'def x: 1;',
    })
    compile('import "a" as a; import "b" as b; import "c" as c; a::x + b::x + c::x', { functions: library })
    expect(library.asked).toEqual(['jq a', 'jq c', 'jq b'])
  })

  it('can recurse, close over arguments, and be in path expressions', () => {
    const texts = { r: 'def depth: if type == "array" then (map(depth) | max // 0) + 1 else 0 end; def at(f): f;' }
    expect(run('import "r" as r; [[[1]], 2] | r::depth, [paths(r::depth == 1)], (r::at(.[1]) |= 5)', texts)).toEqual([
      3,
      [[0, 0]],
      [[[1]], 5],
    ])
    expect(run('import "r" as r; [1, 2] | r::at(.[0]) = 9', texts)).toEqual([[9, 2]])
  })

  it('may not import each other in a circle', () => {
    const texts = { a: 'import "b" as b; def f: 1;', b: 'import "c" as c; def f: 1;', c: 'include "b"; def f: 1;' }
    expect(failing('import "a" as a; a::f', texts)).toMatchObject({
      code: 'JQ_MODULE_CYCLE',
      message: 'modules import each other in a circle: b → c → b',
      details: { cycle: ['b', 'c', 'b'] },
    })
    expect(failing('import "s" as s; 1', { s: 'import "s" as s; def f: 1;' })).toMatchObject({
      code: 'JQ_MODULE_CYCLE',
    })
  })

  it.each([
    ['def f: (;', 'module m: syntax error'],
    ['def f: 1; 2', 'module m: it has a body'],
    ['def f: nothing;', 'module m: nothing/0 is not defined at line 1, column 8'],
    ['import "none" as n; def f: 1;', 'module m: module none was not found'],
    ['import "d" as $d; def f: 1;', 'module m: module d: Unfinished JSON term'],
  ])('%j is refused', (source, message) => {
    const error = failing('\n  import "m" as m; m::f', { m: source, d: '{' })
    expect(error.message).toContain(message)
    expect(error).toMatchObject({ code: 'JQ_MODULE_INVALID', kind: 'invalid', position: { line: 2, column: 3 } })
  })

  it('are forbidden to strangers unless there is a library, and obey the same policy', () => {
    const program = 'import "t" as t; "a" | t::shout'
    expect(() => compile(program, { policy: strangerPolicy })).toThrow('import is not allowed')
    expect(run(program, { t: text3 }, { policy: strangerPolicy })).toEqual(['A!'])
    expect(failing(program, { t: 'def shout: env;' }, { policy: strangerPolicy })).toMatchObject({
      code: 'JQ_FORBIDDEN',
      message: expect.stringContaining('env in module t is not allowed'),
    })
  })

  it('tell about themselves', () => {
    const m =
      'module {"v": 2, "n": [-1, {}]}; import "a" as a {"x": 1}; import "d" as $d; include "c"; def f: 1; def g(h): h;'
    expect(run('"m" | modulemeta', { m })).toEqual([
      {
        v: 2,
        n: [-1, {}],
        deps: [
          { x: 1, as: 'a', is_data: false, relpath: 'a' },
          { as: 'd', is_data: true, relpath: 'd' },
          { is_data: false, relpath: 'c' },
        ],
        defs: ['f/0', 'g/1'],
      },
    ])
    expect(() => run('"x" | modulemeta', {})).toThrow('module not found: x')
    expect(() => run('1 | modulemeta', {})).toThrow('must be a string')
  })
})
