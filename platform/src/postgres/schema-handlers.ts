import type { Input } from '@super-data/contract'
import {
  type CheckedDefinition,
  define,
  describeObject,
  impactOf,
  listObjects,
  lookAtChange,
  outline,
  resolveName,
  sampleText,
  searchObjects,
} from '@super-data/postgres/looking'
import type { Call, Handlers } from '../call.ts'
import { toReport, toReports, toRows, toSessionState } from './answers.ts'
import { ChangeInvalid, NotConfirmed } from './errors.ts'
import { inSession } from './in-session.ts'
import { logged, ownerOf, type PostgresParts } from './postgres-parts.ts'
import { askedDefinition } from './schema-change.ts'
import type { GrantedSource } from './sources.ts'

type Reading = 'postgres.sources' | 'postgres.search' | 'postgres.list' | 'postgres.describe'
type Changing = 'postgres.create' | 'postgres.alter' | 'postgres.drop'

export function schemaHandlers(parts: PostgresParts): Pick<Handlers, Reading | Changing> {
  return { ...readingHandlers(parts), ...changingHandlers(parts) }
}

function readingHandlers({ postgres }: PostgresParts): Pick<Handlers, Reading> {
  return {
    'postgres.sources': async ({ project }) => ({ items: await Promise.all(postgres.of(project).map(toSource)) }),
    'postgres.search': async ({ project, source: name, words, limit }, call) => {
      const { source } = postgres.get(project, name, 'read')
      const hits = await source.inspect(call.signal, catalog => searchObjects(catalog, { text: words, limit }))
      return { items: toReports(hits) }
    },
    'postgres.list': async ({ project, source: name, kind, schema, sizes, limit, cursor }, call) => {
      const { source } = postgres.get(project, name, 'read')
      const narrowed = { ...(schema === undefined ? {} : { schema }), ...(cursor === undefined ? {} : { cursor }) }
      const page = await source.inspect(call.signal, catalog =>
        listObjects(catalog, { kind, sizes, limit, ...narrowed }),
      )
      return { items: toReports(page.items), cursor: page.cursor }
    },
    'postgres.describe': async ({ project, source: name, schema, name: object, sample }, call) => {
      const { source } = postgres.get(project, name, 'read')
      const where = schema === undefined ? {} : { schema }
      if (object === undefined) return toReport(await source.inspect(call.signal, catalog => outline(catalog, where)))
      const found = await source.inspect(call.signal, catalog => describeObject(catalog, { name: object, ...where }))
      const isRelation = found.kind === 'table' || found.kind === 'view' || found.kind === 'materialized_view'
      if (sample === 0 || !isRelation) return toReport(found)
      const rows = await source.read({ text: sampleText(found, sample), rowsMax: sample, signal: call.signal })
      return toReport({ ...found, sample: toRows(rows) })
    },
  }
}

async function toSource({ name, description, right, source }: GrantedSource) {
  const asked = await source
    .inspect(undefined, async ({ serverVersion }) => serverVersion)
    .then(
      version => ({ state: 'ready', version: `${Math.floor(version / 10_000)}.${version % 10_000}` }) as const,
      () => ({ state: 'unreachable', version: null }) as const,
    )
  const findings = asked.state === 'ready' ? await source.findings() : []
  return { source: name, description, rights: right, ...asked, findings: findings.map(finding => finding.message) }
}

function changingHandlers(parts: PostgresParts): Pick<Handlers, Changing> {
  return {
    'postgres.create': async (input, call) => change(parts, input, call, await askedDefinition('create', input)),
    'postgres.alter': async (input, call) => change(parts, input, call, await askedDefinition('alter', input)),
    'postgres.drop': async (input, call) => {
      const { kind, name, cascade, ifExists, sql } = input
      if (sql !== undefined) throw new ChangeInvalid('name what to drop, instead of writing the statement')
      if (name === undefined) throw new ChangeInvalid('name what to drop')
      const target = { kind, name, ...(kind === 'schema' ? {} : { schema: await schemaOf(parts, input, call, name) }) }
      const definition = await define({ do: 'drop', ...target, cascade, ifExists })
      if (!input.dryRun && !input.confirm) throw new NotConfirmed(`dropping ${name}`)
      return change(parts, input, call, definition)
    },
  }
}

/** Where the object is that somebody names without its schema. @throws PostgresObjectMissing · PostgresNameAmbiguous */
async function schemaOf(
  { postgres }: PostgresParts,
  { project, source: named, kind, schema, ifExists, session }: Input<'postgres.drop'>,
  call: Call,
  name: string,
): Promise<string> {
  if (schema !== undefined) return schema
  if (ifExists) return 'public'
  const { source } = postgres.get(project, named, 'admin')
  return lookingIn(source, session, call)(async catalog => (await resolveName(catalog, { name, kind })).schema)
}

/** The catalogue as a session sees it, or as everybody does. */
function lookingIn(source: GrantedSource['source'], session: string | undefined, call: Call) {
  return <T>(work: Parameters<typeof source.inspect<T>>[1]): Promise<T> =>
    session === undefined
      ? source.inspect(call.signal, work)
      : inSession(source, session, call, () => source.sessions.look(session, ownerOf(call), call.signal, work))
}

/** Does it, with what it means for others said beside. */
async function change(
  parts: PostgresParts,
  input: Pick<Input<'postgres.create'>, 'project' | 'source' | 'session' | 'dryRun' | 'confirm'>,
  call: Call,
  definition: CheckedDefinition,
): Promise<ReturnType<typeof toReport>> {
  const { source, name } = parts.postgres.get(input.project, input.source, 'admin')
  if (definition.dangers.length > 0 && !input.confirm) throw new NotConfirmed(definition.dangers.join('; '))
  const { session, dryRun } = input
  if (session === undefined) await source.checkDefinition(definition)
  const impact = await lookingIn(source, session, call)(catalog => impactOf(catalog, definition))
  // What must stand alone cannot be tried: it would stay.
  if (dryRun && definition.alone && session === undefined)
    return toReport({ sql: definition.text, done: false, impact, locks: [] })
  return logged(parts, { call, source: name, action: definition.verb, sql: definition.text }, async () => {
    let locks: Awaited<ReturnType<typeof lookAtChange>>['locks'] = []
    const { text, alone, target } = definition
    const look = async (catalog: Parameters<typeof lookAtChange>[0]) => {
      locks = (await lookAtChange(catalog)).locks
    }
    if (session === undefined) {
      const { tags, notices, rolledBack } = await source.define(call.signal, {
        statements: [text],
        dryRun,
        alone,
        look,
      })
      return { rows: 0, answer: toReport({ sql: text, done: !rolledBack, tags, notices, impact, locks }) }
    }
    const { tags, notices, rolledBack } = await inSession(source, session, call, () =>
      source.sessions.define(session, ownerOf(call), { text, target, alone, dryRun, look, signal: call.signal }),
    )
    const state = toSessionState(source.sessions.state(session, ownerOf(call)))
    const told = { sql: text, done: !rolledBack, committed: false, tags, notices, impact, locks, session: state }
    return { rows: 0, answer: toReport(told) }
  }).then(({ answer }) => answer)
}
