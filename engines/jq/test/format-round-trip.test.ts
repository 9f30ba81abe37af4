import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Expression, format, parse, parseDefinition } from '../src/index.ts'

/** Syntax without its places. */
function shape(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(shape)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).filter(([key]) => !['start', 'end', 'text', 'line'].includes(key))
  const text = (node as { kind?: string }).kind === 'number' ? { text: (node as { text: string }).text } : {}
  return { ...Object.fromEntries(entries.map(([key, value]) => [key, shape(value)])), ...text }
}

const span = { start: 0, end: 0 }
const name = fc.constantFrom('a', 'b', 'if', 'x_1', 'map')
const callee = fc.constantFrom('f', 'g', 'map', 'lib::h')
const word = fc.constantFrom('', 'a b', 'ü"\\', 'x', '\n')

const pattern = fc.letrec(tie => ({
  any: fc.oneof(
    { maxDepth: 2 },
    name.map(each => ({ ...span, kind: 'variable', name: each })),
    fc.array(tie('any'), { minLength: 1, maxLength: 2 }).map(elements => ({ ...span, kind: 'array', elements })),
    fc
      .array(
        fc.oneof(
          name.map(each => ({ ...span, key: { ...span, kind: 'variable', name: each }, pattern: undefined })),
          fc.tuple(name, tie('any')).map(([each, inner]) => ({
            ...span,
            key: { ...span, kind: 'name', name: each },
            pattern: inner,
          })),
        ),
        { minLength: 1, maxLength: 2 },
      )
      .map(entries => ({ ...span, kind: 'object', entries })),
  ),
})).any

const expression = fc.letrec(tie => {
  const node = tie('any')
  const binary = (kind: string, operators: readonly string[]) =>
    fc
      .tuple(fc.constantFrom(...operators), node, node)
      .map(([operator, left, right]) => ({ ...span, kind, operator, left, right }))
  const text = fc
    .tuple(
      fc.option(fc.constantFrom('json', 'base64'), { nil: undefined }),
      fc.array(fc.tuple(word, node), { maxLength: 2 }),
    )
    .map(([formatName, pieces]) => ({
      ...span,
      kind: 'string',
      format: formatName,
      parts: pieces.flatMap(([literal, inner]) => (literal === '' ? [inner] : [literal, inner])),
    }))
  const optional = fc.boolean()
  return {
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(
        { ...span, kind: 'identity' },
        { ...span, kind: 'recurse' },
        { ...span, kind: 'constant', value: null },
        { ...span, kind: 'number', text: '1.50' },
        { ...span, kind: 'format', name: 'json' },
        { ...span, kind: 'variable', name: 'x' },
        { ...span, kind: 'location' },
        { ...span, kind: 'break', name: 'out' },
        { ...span, kind: 'array', body: undefined },
      ),
      text,
      fc
        .tuple(node, node, optional)
        .map(([target, index, mark]) => ({ ...span, kind: 'index', target, index, optional: mark })),
      fc.tuple(node, name, optional).map(([target, key, mark]) => ({
        ...span,
        kind: 'index',
        target,
        index: { ...span, kind: 'string', format: undefined, parts: [key] },
        optional: mark,
      })),
      fc
        .tuple(node, node, fc.option(node, { nil: undefined }), optional)
        .map(([target, from, to, mark]) => ({ ...span, kind: 'slice', target, from, to, optional: mark })),
      fc.tuple(node, optional).map(([target, mark]) => ({ ...span, kind: 'iterate', target, optional: mark })),
      node.map(operand => ({ ...span, kind: 'negate', operand })),
      node.map(body => ({ ...span, kind: 'array', body })),
      fc.array(fc.tuple(name, fc.option(node, { nil: undefined })), { maxLength: 3 }).map(entries => ({
        ...span,
        kind: 'object',
        entries: entries.map(([key, value]) => ({ ...span, key: { ...span, kind: 'name', name: key }, value })),
      })),
      fc.tuple(node, node).map(([key, value]) => ({
        ...span,
        kind: 'object',
        entries: [
          {
            ...span,
            key: { ...span, kind: 'computed', expression: { ...span, kind: 'iterate', target: key, optional: false } },
            value,
          },
        ],
      })),
      fc
        .tuple(fc.constantFrom('pipe', 'comma'), node, node)
        .map(([kind, left, right]) => ({ ...span, kind, left, right })),
      binary('binary', ['+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=']),
      binary('logic', ['and', 'or', '//']),
      binary('assign', ['=', '|=', '+=', '-=', '*=', '/=', '%=', '//=']),
      fc
        .tuple(node, node, fc.option(node, { nil: undefined }))
        .map(([condition, then, otherwise]) => ({ ...span, kind: 'if', condition, then, otherwise })),
      fc.tuple(node, fc.option(node, { nil: undefined })).map(([body, handler]) => ({
        ...span,
        kind: 'try',
        body,
        handler,
        postfix: false,
      })),
      node.map(body => ({ ...span, kind: 'try', body, handler: undefined, postfix: true })),
      fc
        .tuple(node, fc.array(pattern, { minLength: 1, maxLength: 2 }), node, node)
        .map(([source, patterns, initial, update]) => ({ ...span, kind: 'reduce', source, patterns, initial, update })),
      fc.tuple(node, pattern, node, fc.option(node, { nil: undefined })).map(([source, each, update, extract]) => ({
        ...span,
        kind: 'foreach',
        source,
        patterns: [each],
        initial: update,
        update,
        extract,
      })),
      fc
        .tuple(node, fc.array(pattern, { minLength: 1, maxLength: 2 }), node)
        .map(([source, patterns, body]) => ({ ...span, kind: 'as', source, patterns, body })),
      fc.tuple(fc.boolean(), node, node).map(([value, inner, body]) => ({
        ...span,
        kind: 'define',
        definition: {
          ...span,
          kind: 'definition',
          name: 'f',
          params: [{ ...span, name: 'p', value }],
          body: inner,
        },
        body,
      })),
      node.map(body => ({ ...span, kind: 'label', name: 'out', body })),
      fc
        .tuple(callee, fc.array(node, { maxLength: 2 }))
        .map(([each, args]) => ({ ...span, kind: 'call', name: each, args })),
    ),
  }
}).any as fc.Arbitrary<Expression>

describe('format', () => {
  it('writes text that reads back as the same program', () => {
    fc.assert(
      fc.property(expression, each => {
        const text = format(each)
        const { definitions, body } = parse(text)
        let read: unknown = shape(body ?? { kind: 'identity' })
        for (const definition of [...definitions].reverse()) {
          read = { kind: 'define', definition: shape(definition), body: read }
        }
        expect(read).toEqual(shape(each))
      }),
      { numRuns: 1500 },
    )
  })

  it('gives the same text for its own text', () => {
    fc.assert(
      fc.property(expression, each => {
        const text = format(each)
        expect(format(parse(text))).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['.a  |\n # why\n .["b"]', '.a | .b'],
    ['def  f ( $a;g ) : $a|g ;f(1;2)', 'def f($a; g): $a | g; f(1; 2)'],
    ['((1+2))*3', '(1 + 2) * 3'],
    ['if . then 1 else (if 2 then 3 else 4 end) end', 'if . then 1 elif 2 then 3 else 4 end'],
    ['import "a" as $b; include "c" {x:1}; $b', 'import "a" as $b; include "c" {x: 1}; $b'],
    ['(.a)?', '(.a)?'],
    ['.a?', '.a?'],
    ['try (try .a catch 1)', 'try (try .a catch 1)'],
    ['try (-(try .)) catch 1', 'try (-try .) catch 1'],
    ['{(.a):1,"b":2,$c}', '{(.a): 1, "b": 2, $c}'],
    ['1 - (2 - 3)', '1 - (2 - 3)'],
  ])('writes %j as %j', (text, expected) => {
    expect(format(parse(text))).toBe(expected)
  })

  it('writes a definition', () => {
    expect(format(parseDefinition('def f(g):g|g;'))).toBe('def f(g): g | g;')
  })
})
