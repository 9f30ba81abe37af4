import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Case, checkCase, readCases } from '../src/conformance.ts'
import { type JqWeb, openWeb } from './differential-rivals.ts'

function casesOf(name: string): Case[] {
  return readCases(readFileSync(new URL(`cases/${name}.cases`, import.meta.url), 'utf8'))
}

const everyVersion = casesOf('every-version')
const since18 = casesOf('since-1.8')

describe('cases of our own', () => {
  it('are many, and none is there twice', () => {
    const all = [...everyVersion, ...since18].map(({ program, input }) => `${program} on ${input}`)
    expect(new Set(all).size).toBe(all.length)
    expect(all.length).toBeGreaterThan(350)
  })

  it.each([
    ['every version', everyVersion],
    ['since 1.8', since18],
  ])('%s: all come out as they should', (_name, cases) => {
    const failed = cases.map(each => [each.program, checkCase(each)]).filter(([, got]) => got !== undefined)
    expect(failed).toEqual([])
  })
})

/** The outputs as JSON values on one line, or nothing when it failed. */
function inOneLine(text: string): string {
  return JSON.stringify(text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)])))
}

class Elsewhere {
  #web: JqWeb | undefined

  /** Whether jq-web or, failing that, the jq on the path says the same. */
  async agrees(each: Case): Promise<boolean> {
    const { program, input, expected } = each
    if (input === undefined) return true
    const wanted = inOneLine(expected.join('\n'))
    return (await this.#web17(program, input)) === wanted || system(program, input) === wanted
  }

  async #web17(program: string, input: string): Promise<string | undefined> {
    this.#web ??= await openWeb()
    try {
      return inOneLine(this.#web.raw(input, program, ['-c']))
    } catch {
      this.#web = undefined
      return undefined
    }
  }
}

function system(program: string, input: string): string | undefined {
  const ran = spawnSync('jq', ['-c', program], { input, encoding: 'utf8', env: { ...process.env, PAGER: 'less' } })
  return ran.status === 0 ? inOneLine(ran.stdout) : undefined
}

describe.skipIf(spawnSync('jq', ['--version']).status !== 0)('another jq', () => {
  it('agrees with every case that is older than 1.8', { timeout: 60_000 }, async () => {
    const elsewhere = new Elsewhere()
    const alone: string[] = []
    for (const each of everyVersion) if (!(await elsewhere.agrees(each))) alone.push(each.program)
    expect(alone).toEqual([])
  })
})
