import { Readable } from 'node:stream'
import { must } from '@super-data/base/errors'
import type { Handlers } from '../call.ts'
import { toRows, toSessionRows, toSessionWritten, toWritten } from './answers.ts'
import { ChangeInvalid, WriteNotAsked, WriteUnclear } from './errors.ts'
import { inSession } from './in-session.ts'
import { exportToDataset, readDataset } from './moved-rows.ts'
import { logged, ownerOf, type PostgresParts, timeOf } from './postgres-parts.ts'

type Own = 'postgres.read' | 'postgres.write' | 'postgres.transaction' | 'postgres.export' | 'postgres.import'

const copyBytesMax = 2 ** 30

export function rowHandlers(parts: PostgresParts): Pick<Handlers, Own> {
  return { ...readingHandlers(parts), ...writingHandlers(parts), ...copyHandlers(parts) }
}

function readingHandlers(parts: PostgresParts): Pick<Handlers, 'postgres.read'> {
  const { postgres } = parts
  return {
    'postgres.read': async (input, call) => {
      const { source, name } = postgres.get(input.project, input.source, 'read')
      const { sql, params, session, maxRows: rowsMax } = input
      const request = { text: sql, params, rowsMax, ...timeOf(input), signal: call.signal }
      return logged(parts, { call, source: name, action: 'read', sql }, async () => {
        if (session === undefined) return counted(toRows(await source.read(request)))
        return counted(
          toSessionRows(
            await inSession(source, session, call, async () => {
              // A writing session would take a change just as well.
              await source.check(sql, 'read')
              return source.sessions.run(session, ownerOf(call), request)
            }),
          ),
        )
      }).then(({ answer }) => answer)
    },
  }
}

function writingHandlers(parts: PostgresParts): Pick<Handlers, 'postgres.write' | 'postgres.transaction'> {
  const { postgres } = parts
  return {
    'postgres.write': async (input, call) => {
      const { source, name } = postgres.get(input.project, input.source, 'write')
      const { sql, params, session, autocommit, dryRun, maxAffectedRows, confirmAllRows } = input
      if (session === undefined && !autocommit && !dryRun) throw new WriteNotAsked()
      if (session !== undefined && (autocommit || dryRun)) throw new WriteUnclear()
      const guards = { confirmAllRows, ...(maxAffectedRows === undefined ? {} : { maxAffectedRows }) }
      const request = { text: sql, params, ...guards, ...timeOf(input), signal: call.signal }
      return logged(parts, { call, source: name, action: 'write', sql }, async () => {
        if (session === undefined) return affected(toWritten(await source.write({ ...request, dryRun })))
        return affected(
          toSessionWritten(
            await inSession(source, session, call, () => source.sessions.run(session, ownerOf(call), request)),
          ),
        )
      }).then(({ answer }) => answer)
    },
    'postgres.transaction': async (input, call) => {
      const { source, name } = postgres.get(input.project, input.source, 'write')
      if (!input.autocommit && !input.dryRun) throw new WriteNotAsked()
      const operations = input.operations.map(({ sql, params, expectRows }) => ({
        ...{ text: sql, params, confirmAllRows: input.confirmAllRows },
        ...(expectRows === undefined ? {} : { expectRows }),
      }))
      const sql = input.operations.map(operation => operation.sql).join(';\n')
      return logged(parts, { call, source: name, action: 'transaction', sql }, async () => {
        const request = { operations, dryRun: input.dryRun, ...timeOf(input), signal: call.signal }
        const { results, rolledBack } = await source.transaction(request)
        const told = results.map(result => {
          const { committed: _, ...rest } = toWritten(result)
          return rest
        })
        return { rows: results.length, answer: { committed: !rolledBack, results: told } }
      }).then(({ answer }) => answer)
    },
  }
}

function copyHandlers(parts: PostgresParts): Pick<Handlers, 'postgres.export' | 'postgres.import'> {
  const { postgres, identity, datasets, clock } = parts
  return {
    'postgres.export': async (input, call) => {
      const { source, name } = postgres.get(input.project, input.source, 'read')
      await identity.requireProject(must(call.principal, 'a principal'), 'write', input.project)
      const started = clock.elapsed()
      return logged(parts, { call, source: name, action: 'export', sql: input.sql }, async () => {
        const copied = await exportToDataset(datasets, input, write =>
          source.export({
            ...{ text: input.sql, format: 'csv', bytesMax: copyBytesMax, signal: call.signal, write },
            onProgress: ({ bytes }) => call.progress({ done: bytes }),
          }),
        )
        const { rows, bytes } = copied
        return { rows, answer: { dataset: input.dataset, rows, bytes, elapsedMs: clock.elapsed() - started } }
      }).then(({ answer }) => answer)
    },
    'postgres.import': async (input, call) => {
      const { source, name } = postgres.get(input.project, input.source, 'write')
      const started = clock.elapsed()
      const { schema, table, columns, data, dataset, dryRun } = input
      if (data !== undefined && dataset !== undefined) throw new ChangeInvalid('give either data or a dataset')
      return logged(parts, { call, source: name, action: 'import', sql: '' }, async () => {
        const bytes =
          data === undefined
            ? await readDataset(datasets, input.project, dataset, call.signal)
            : Readable.from([Buffer.from(data)])
        const copying = source.import({
          ...{ schema, table, format: 'csv', bytesMax: copyBytesMax, dryRun, signal: call.signal, source: bytes },
          ...(columns === undefined ? {} : { columns }),
          onProgress: progress => call.progress({ done: progress.bytes }),
        })
        const copied = await copying.finally(() => bytes.destroy())
        const elapsedMs = clock.elapsed() - started
        return { rows: copied.rows, answer: { rows: copied.rows, bytes: copied.bytes, committed: !dryRun, elapsedMs } }
      }).then(({ answer }) => answer)
    },
  }
}

const counted = <Answer extends { count: number }>(answer: Answer) => ({ rows: answer.count, answer })
const affected = <Answer extends { affected: number }>(answer: Answer) => ({ rows: answer.affected, answer })
