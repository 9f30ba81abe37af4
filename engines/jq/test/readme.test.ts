import { readFileSync } from 'node:fs'
import * as clock from '@super-data/base/clock'
import { describe, expect, it } from 'vitest'
import * as jq from '../src/index.ts'
import { runLine } from './command-fixture.ts'
import { shellWords } from './shell-words.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const packages: Readonly<Record<string, object>> = { '@super-data/jq': jq, '@super-data/base/clock': clock }

function blocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(found => found[1] === language)
    .map(found => found[2]!)
}

type Check = (actual: unknown, expected: string) => void

/** An example as a function: imports become arguments, and what an arrow promises is checked. */
function runnable(example: string): (given: typeof packages, check: Check) => Promise<void> {
  const body = example
    .replaceAll(/^import (\{[^}]*\}) from '([^']+)'$/gm, "const $1 = given['$2']")
    .replaceAll(/^(.*?) \/\/ → (.*)$/gm, ';check($1, $2)')
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  return new AsyncFunction(
    'given',
    'check',
    body.replaceAll(/check\((.*), (.*)\)$/gm, 'check($1, String.raw`$2`)'),
  ) as never
}

/** The lines of `echo TEXT | sdjq WORDS; echo "exit $?"`, of which only the command must be there. */
function printedBy(line: string): string[] {
  const [, text = '', command = '', status] = /^(?:echo (.*) \| )?sdjq (.*?)(; echo "exit \$\?")?$/.exec(line) ?? []
  const { stdout, code } = runLine(shellWords(command), text === '' ? '' : `${shellWords(text).join(' ')}\n`)
  return [...stdout.trimEnd().split('\n'), ...(status ? [`exit ${code}`] : [])]
}

describe('the README', () => {
  it.each(blocks('ts').map((text, at) => [at + 1, text] as const))(
    'its example %i does what it says',
    async (_at, text) => {
      let checks = 0
      await runnable(text)(packages, (actual, expected) => {
        checks++
        expect(actual).toEqual(JSON.parse(expected))
      })
      expect(checks).toBe(text.split('// →').length - 1)
      expect(checks).toBeGreaterThan(0)
    },
  )

  it('shows what the command prints', () => {
    const [transcript = ''] = blocks('console')
    const lines = transcript.trimEnd().split('\n')
    const printed = lines.flatMap(line => (line.startsWith('$ ') ? printedBy(line.slice(2)) : []))
    expect(printed).toEqual(lines.filter(line => !line.startsWith('$ ')))
  })

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)/g)].map(found => found[1]!)
    expect(links.length).toBeGreaterThan(1)
    for (const link of links) expect(readFileSync(new URL(`../${link}`, import.meta.url), 'utf8')).not.toBe('')
  })
})

describe('the reference', () => {
  const page = readFileSync(new URL('../../../docs/reference/jq.md', import.meta.url), 'utf8')

  it('names everything the package exports', () => {
    expect(Object.keys(jq).filter(name => !page.includes(`### ${name}\n`))).toEqual([])
  })

  it('has a line for every builtin', () => {
    const missing = jq.builtinNames().filter(key => {
      const documentation = jq.documentationOf(key)
      return documentation === undefined || !page.includes(`| \`${documentation.signature.replaceAll('|', '\\|')}\` |`)
    })
    expect(missing).toEqual([])
  })
})
