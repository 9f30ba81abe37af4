import { describe, expect, it } from 'vitest'
import { formatNames } from '../src/builtins/formats.ts'
import {
  allDocumentation,
  builtinNames,
  complete,
  documentationOf,
  type EditorOptions,
  formatDocumentation,
  hover,
  keywordDocumentation,
} from '../src/index.ts'
import { keywords } from '../src/syntax/lexer.ts'

const options: EditorOptions = {
  functions: [{ signature: 'text::shout(n)', documentation: 'Says it loudly.' }],
  variables: ['since'],
  paths: [
    { path: '.[].name', type: 'string' },
    { path: '.[].address.city', type: 'string' },
    { path: '.[].address["zip code"]', type: 'string' },
    { path: '.[].id', type: 'number' },
  ],
}

/** Completes where the bar stands. */
function at(text: string): string[] {
  const offset = text.indexOf('¦')
  return complete(text.replace('¦', ''), offset, options).map(({ label }) => label)
}

function over(text: string) {
  const offset = text.indexOf('¦')
  return hover(text.replace('¦', ''), offset, options)
}

describe('documentation', () => {
  it('exists for every builtin, and for nothing else', () => {
    expect([...allDocumentation().keys()].sort()).toEqual(builtinNames())
  })

  it('is one sentence, with the arguments in the signature', () => {
    for (const [key, { name, arity, signature, documentation }] of allDocumentation()) {
      expect(`${name}/${arity}`).toBe(key)
      expect(signature.startsWith(name)).toBe(true)
      expect(documentation).toMatch(/^[A-Za-z0-9-].*\.$/)
      expect(documentation.length).toBeLessThan(160)
    }
  })

  it('exists for every format and keyword', () => {
    for (const name of formatNames()) expect([name, formatDocumentation(name)]).toEqual([name, expect.any(String)])
    for (const word of keywords) expect([word, keywordDocumentation(word)]).toEqual([word, expect.any(String)])
  })
})

describe('completion', () => {
  it.each([
    ['map(.¦)', ['.name', '.address', '.id']],
    ['map(.na¦)', ['.name']],
    ['.[].address.¦', ['.city', '.zip code']],
    ['.[] | select(.id > 3) | .¦', ['.name', '.address', '.id']],
    ['.[] | .address as $a | $a.c¦', ['.city', '.zip code']],
    ['[.[] | {n: .name, z: .address.¦', ['.city', '.zip code']],
    ['group_by(.name) | map(.[0].i¦)', ['.id']],
    ['"Hello \\(.[0].na¦', ['.name']],
    ['.[] | if .n¦', ['.name']],
    ['.¦', []],
    ['1.¦', []],
    ['. as $first | $f¦', ['$first']],
    ['$s¦', ['$since']],
    ['def f($x): $¦', ['$x', '$since', '$ENV', '$__loc__']],
    ['@base6¦', ['@base64', '@base64d']],
    ['text::sh¦', ['text::shout']],
    ['to_en¦', ['to_entries']],
    ['def mine(f): f; min¦', ['mine', 'min', 'min_by', 'contains']],
    ['"no names in te¦', []],
    ['. # nor in comm¦', []],
    ['redu¦', ['reduce']],
  ])('%s', (text, labels) => {
    if (labels.length > 3) expect(at(text)).toEqual(expect.arrayContaining(labels.slice(0, 3)))
    else expect(at(text)).toEqual(labels)
  })

  it('says what to insert and where', () => {
    const text = 'map(.address.zi)'
    expect(complete(text, text.length - 1, options)).toEqual([
      { label: '.zip code', kind: 'field', insert: '.["zip code"]', start: 12, end: 15 },
    ])
    expect(complete('sel', 3)).toEqual([
      {
        label: 'select',
        kind: 'function',
        insert: 'select(',
        start: 0,
        end: 3,
        detail: 'select(condition)',
        documentation: 'The input if the condition holds, else nothing.',
      },
    ])
  })

  it('never throws, wherever the cursor is in whatever text', () => {
    const text =
      'def f($x; g): "a\\(.b | g) $" + {a: .c[0], $x}.a # end\n| try .x.y catch "\\u00e9" // [.[] as [$p] | $p]'
    for (let length = 0; length <= text.length; length++) {
      for (const offset of [length, length >> 1]) {
        expect(Array.isArray(complete(text.slice(0, length), offset, options))).toBe(true)
        hover(text.slice(0, length), offset, options)
      }
    }
  })
})

describe('hover', () => {
  it.each([
    ['m¦ap(.a)', { name: 'map', signature: 'map(f)', start: 0, end: 3 }],
    ['[1] | fir¦st', { signature: 'first', documentation: documentationOf('first/0')!.documentation }],
    ['fir¦st(.[])', { signature: 'first(f)', documentation: documentationOf('first/1')!.documentation }],
    ['split¦(', { name: 'split', signature: 'split(separator)' }],
    ['def f($a; g): g; 1 | f¦(1; 2)', { signature: 'f($a; g)', documentation: 'A function of this program.' }],
    ['text::sh¦out(1)', { name: 'text::shout', signature: 'text::shout(n)', documentation: 'Says it loudly.' }],
    ['$sin¦ce', { signature: '$since', documentation: 'A variable that is given to the program.' }],
    ['@cs¦v', { signature: '@csv' }],
    ['red¦uce .[] as $x (0; 1)', { signature: 'reduce' }],
    ['map(.address.ci¦ty)', { signature: '.[].address.city', documentation: 'A field of the input: string.' }],
  ])('%s', (text, expected) => {
    expect(over(text)).toMatchObject(expected)
  })

  it.each(['1 ¦+ 2', '"ma¦p"', 'no_such¦_function', '. # ma¦p'])('has nothing to say at %s', text => {
    expect(over(text)).toBeUndefined()
  })
})
