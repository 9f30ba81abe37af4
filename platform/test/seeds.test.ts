// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what these tests are about.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { Lifetime } from '@super-data/base/lifetime'
import { openLog } from '@super-data/base/log'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getProject } from '../src/identity/projects.ts'
import { importSeeds } from '../src/library/seeds.ts'
import { openParts, type PlatformParts } from '../src/platform-parts.ts'
import { openWhole, problemOf, settingsOf } from './whole-platform.ts'

const functions = `
functions:
  - name: twice
    definition: "def twice: once + once;"
    depends_on: [once]
  - name: once
    description: The first.
    definition: |
      # A comment that is not kept.
      def once: 1;
`
const tools = `
tools:
  - name: twofold
    description: Twice as much.
    query: twice * \${times}
    required_functions: [twice]
    parameters:
      - name: times
        type: integer
        default: 3
        minimum: 1
  - name: counted
    description: How many.
    engine: sql
    query: select count(*) as n from a
  - name: by_name
    description: Parameters by their names.
    query: $x
    parameters:
      x: { type: string, required: false }
`
const files = { 'functions.yaml': functions, 'tools.yml': tools, 'a.json': '[1,2,3]' }

describe('the first start', () => {
  it('imports functions in any order and approves the tools', async () => {
    await using whole = await openWhole({ files })
    expect((await whole.ask('functions.list', {})).items.map(each => [each.name, each.createdBy])).toEqual([
      ['once', 'system'],
      ['twice', 'system'],
    ])
    expect(await whole.ask('tools.get', { tool: 'twofold' })).toMatchObject({
      state: 'approved',
      review: 'import',
      origin: 'yaml',
      createdBy: 'system',
    })
    expect(await whole.run('twofold')).toMatchObject({ value: 6 })
    expect(await whole.run('twofold', { times: 10 })).toMatchObject({ value: 20 })
    expect(await problemOf(whole.run('twofold', { times: 0 }))).toMatchObject({ code: 'PARAMETERS_INVALID' })
    expect(await whole.run('counted')).toMatchObject({ rows: [[3]] })
    expect(await whole.run('by_name')).toMatchObject({ value: null })
  })

  it('is the only one that does: afterwards the library is the truth', async () => {
    await using whole = await openWhole({ files })
    await whole.ask('tools.disable', { tool: 'counted' })
    await whole.platform.close()
    await whole.write('tools.yml', `${tools}\n  - {name: later, description: x, query: "1"}\n`)
    await using again = await openWhole({ home: whole.home })
    const listed = await again.askAs(whole.owner, 'tools.list', {})
    expect(listed.items.map(tool => [tool.name, tool.state])).toEqual([
      ['by_name', 'approved'],
      ['counted', 'disabled'],
      ['twofold', 'approved'],
    ])
  })

  it('leaves a library alone that somebody began without seeds', async () => {
    await using whole = await openWhole()
    await whole.publish('twofold', '"by hand"')
    await whole.platform.close()
    for (const [name, content] of Object.entries(files)) await whole.write(name, content)
    await using again = await openWhole({ home: whole.home })
    expect(await again.askAs(whole.owner, 'tools.run', { tool: 'twofold' })).toMatchObject({ value: 'by hand' })
    expect((await again.askAs(whole.owner, 'tools.list', {})).items).toHaveLength(1)
  })
})

describe('a mistake in a seed', () => {
  const lifetime = new Lifetime()
  let parts: PlatformParts
  let home: string
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'super-data-seeds-'))
    const log = openLog({ level: 'silent' })
    parts = await openParts(settingsOf(home), { clock: systemClock, random: systemRandom, log }, lifetime)
    await parts.identity.bootstrap()
  })
  afterAll(async () => {
    await lifetime.close()
    await rm(home, { recursive: true })
  })

  it.each([
    ['of YAML', { 'tools.yaml': 'tools: [' }, /tools\.yaml was not imported/],
    ['of shape', { 'tools.yaml': 'tools: [{name: Bad, description: x, query: "1"}]' }, /tools\.0\.name/],
    ['of a name', { 'functions.yaml': 'functions: [{name: a, definition: "def b: 1;"}]' }, /a: its definition is of b/],
    [
      'of arity',
      { 'functions.yaml': 'functions: [{name: a, definition: "def a: 1;", parameters: [{name: x}]}]' },
      /takes 0 arguments/,
    ],
    [
      'of a use',
      { 'functions.yaml': 'functions: [{name: a, definition: "def a: 1;", depends_on: [b]}]' },
      /a: does not use b/,
    ],
    [
      'of what is missing',
      { 'functions.yaml': 'functions: [{name: a, definition: "def a: b;"}]' },
      /a: b\/0 is not defined/,
    ],
    [
      'of a hostile function',
      { 'functions.yaml': 'functions: [{name: a, definition: "def a: $ENV;"}]' },
      /\$ENV is not allowed/,
    ],
    [
      'of a required function',
      { 'tools.yaml': 'tools: [{name: a, description: x, query: "1", required_functions: [f]}]' },
      /a: does not use f/,
    ],
    ['of a hostile query', { 'tools.yaml': 'tools: [{name: a, description: x, query: "env"}]' }, /env is not allowed/],
    ['of many aliases', { 'tools.yaml': `a: &a [x]\nb: &b [${'*a,'.repeat(30)}]\ntools: []` }, /tools\.yaml/],
  ])('%s stops the import, naming it', async (_, bad, message) => {
    const folder = await mkdtemp(join(home, 'seeds-'))
    for (const [name, content] of Object.entries(bad)) await writeFile(join(folder, name), content)
    const project = await getProject(parts.library.read, 'default')
    const { id: userId } = await parts.library.read.selectFrom('users').select('id').executeTakeFirstOrThrow()
    await expect(importSeeds(parts, { folder, project, userId })).rejects.toMatchObject({
      code: 'SEED_INVALID',
      message: expect.stringMatching(message),
    })
    expect(await parts.library.read.selectFrom('functions').select('id').execute()).toEqual([])
  })

  it('stops the start and leaves nothing behind, so that the corrected files are imported', async () => {
    await using whole = await openWhole()
    await whole.platform.close()
    await whole.write('functions.yaml', functions)
    await whole.write('tools.yaml', `${tools}\n  - {name: broken, description: x, query: "nothing_like_it"}\n`)
    await expect(openWhole({ home: whole.home })).rejects.toMatchObject({ code: 'SEED_INVALID' })
    const file = new DatabaseSync(whole.settings.libraryFile, { readOnly: true })
    expect(file.prepare('select count(*) as n from functions').get()).toEqual({ n: 0 })
    expect(file.prepare('select count(*) as n from tools').get()).toEqual({ n: 0 })
    file.close()
    await whole.write('tools.yaml', tools)
    await whole.write('a.json', '[1]')
    await using again = await openWhole({ home: whole.home })
    expect((await again.askAs(whole.owner, 'tools.list', {})).items).toHaveLength(3)
  })
})

it('two processes that start at once import once', async () => {
  await using whole = await openWhole()
  await whole.platform.close()
  for (const [name, content] of Object.entries(files)) await whole.write(name, content)
  const both = await Promise.all([openWhole({ home: whole.home }), openWhole({ home: whole.home })])
  for (const each of both) {
    expect((await each.askAs(whole.owner, 'tools.list', {})).items).toHaveLength(3)
    await each[Symbol.asyncDispose]()
  }
})
