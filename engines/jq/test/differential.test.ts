import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { compile, JqRuntimeError, parseJson, printJson, type Value } from '../src/index.ts'

const installed = spawnSync('jq', ['--version']).status === 0

/** Programs whose meaning no version of jq has changed. */
const programs = [
  '.',
  '.[]?',
  '.a?',
  '.[0]?',
  '[.[]?]',
  'keys?',
  'length?',
  '[..]',
  '[paths]',
  'type',
  'tojson',
  '[.[]?|type]',
  'to_entries?',
  'add?',
  'sort?',
  'unique?',
  'group_by(type)?',
  'map(type)?',
  'any?',
  'all?',
  'min?',
  'max?',
  'flatten?',
  'tostring',
  '[.]|tojson|fromjson',
  '[.,.]|.[0] == .[1]',
  '[.,1]|sort',
  '[.,"a"]|sort',
  '[.,[1]]|sort',
  'if . then 1 else 2 end',
  '. // "d"',
  '[.[]? // 1]',
  'not',
  '. == null',
  '. < 5',
  '. < "b"',
  '[recurse]|length',
  'try error("x") catch .',
  '[limit(2; .[]?)]',
  'first(.[]?)',
  '[range(3)]',
  'reduce .[]? as $x (0; . + 1)',
  '[foreach .[]? as $x (0; . + 1)]',
  '. as $x | [$x, $x]',
  '[.[]? as [$a, $b] | $a]?',
  'tostream',
  '[leaf_paths]',
  'del(.[0])?',
  'del(.a)?',
  '.a = 1',
  '.[1]? = 1',
  '.a |= 2',
  '(.a, .b) = 3',
  '[.[]?|numbers]',
  '[.[]?|strings]',
  'map_values(type)?',
  'walk(if type == "number" then . + 1 else . end)',
  'utf8bytelength?',
  'explode?',
  'ascii_downcase?',
  'split("a")?',
  'test("a")?',
  '[match("a"; "g")?|.offset]',
  'sub("a"; "b")?',
  'gsub("a"; "b")?',
  '[scan("[a-z]")?]',
  'startswith("a")?',
  '@json',
  '@text',
  '@html',
  '@base64',
  '@uri',
  '@csv?',
  '@tsv?',
  '@sh?',
  'floor?',
  'sqrt?',
  '. + 1',
  '. - 1',
  '. * 2',
  '. / 2',
  '. % 2',
  '. + "a"',
  '. + [1]',
  '. + {b: 2}',
  '. + null',
  '-.',
  '{a: ., b: (1, 2)}',
  '[.[1:]?]',
  '[.[:-1]?]',
  '.[2:4]?',
  'indices("a")?',
  'index(1)?',
  'contains("a")?',
  'inside("abc")?',
  'has("a")?',
  'has(0)?',
  'map(. as $x | $x)?',
  'isempty(.[]?)',
  '[splits("a")?]',
  'label $f | (1, break $f, 2)',
  '[.[]?] | map(tostring) | join("-")',
  'env | type',
  '[.. | scalars]',
  'getpath(["a", "b"])?',
  'path(..)',
  '[getpath(paths)]',
  'tojson | length',
  'infinite | floor | . > 1',
  '[nan] | sort',
  '[.[]? | (., 1) | tojson]',
  'def f(x): x | x; f([.])',
  'INDEX(.a)?',
  'unique_by(length)?',
]

const inputs = [
  'null',
  'true',
  'false',
  '0',
  '-1',
  '1.5',
  '100',
  '""',
  '"abc"',
  '"aAbBa"',
  '"é😀"',
  '[]',
  '[1,2,3]',
  '[3,1,2]',
  '["b","a"]',
  '[[1,2],[3,4]]',
  '[{"a":1},{"a":2}]',
  '{}',
  '{"a":1}',
  '{"a":{"b":[1,2]}}',
  '{"b":2,"a":[1,{"c":null}]}',
  '[null,false,1,"a",[1],{"a":1}]',
  '[[1,[2]],3]',
]

/** What our engine writes for one program on every input; an error ends the outputs of its input. */
function ours(text: string): string {
  const program = compile(text)
  const lines: string[] = []
  for (const input of inputs) {
    try {
      program.run(parseJson(input), { emit: (output: Value) => void lines.push(printJson(output, { sortKeys: true })) })
    } catch (error) {
      if (!(error instanceof JqRuntimeError)) throw error
    }
    lines.push('--')
  }
  return lines.join('\n')
}

/** One process for a few dozen programs: each is wrapped so that its errors end only itself. */
function theirs(batch: readonly string[]): string[] {
  const marked = batch.map(text => `(try (${text} | tojson) catch empty), "--"`).join(', "==", ')
  const result = spawnSync('jq', ['-c', `[${marked}]`], {
    input: inputs.join('\n'),
    encoding: 'utf8',
    env: {},
    maxBuffer: 1e8,
  })
  if (result.status !== 0) throw new Error(result.stderr.slice(0, 500))
  const columns: string[][] = batch.map(() => [])
  for (const line of result.stdout.trim().split('\n')) {
    let at = 0
    for (const item of JSON.parse(line) as string[]) {
      if (item === '==') at++
      else columns[at]!.push(item === '--' ? item : sorted(item))
    }
  }
  return columns.map(column => column.join('\n'))
}

/** The same JSON with its keys in order and our way of writing numbers. */
function sorted(json: string): string {
  return printJson(parseJson(json), { sortKeys: true })
}

describe.skipIf(!installed)('the system jq', () => {
  it('agrees with us on programs that mean the same in every version', { timeout: 60_000 }, () => {
    const size = 40
    for (let from = 0; from < programs.length; from += size) {
      const batch = programs.slice(from, from + size)
      const expected = theirs(batch)
      for (const [at, text] of batch.entries()) expect.soft(ours(text), text).toBe(expected[at])
    }
  })
})
