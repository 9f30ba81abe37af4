import { describe, expect, it } from 'vitest'
import { type MaintenanceTask, maintain, maintenanceText } from '../src/admin/maintenance.ts'
import { readProgress } from '../src/admin/progress.ts'
import { getSetting, isSessionSetting, listSettings, sessionSetting } from '../src/admin/server-settings.ts'
import { tableStatistics } from '../src/admin/table-statistics.ts'
import type { CatalogSource } from '../src/catalog.ts'
import { connect, inspect, type Prepared, prepare, type Room } from './schema-database.ts'
import { longest, shop, weird } from './schema-shop.ts'

const limits = { statementTimeoutMsMax: 60_000, lockTimeoutMsMax: 10_000 }

describe('settings a session may set', () => {
  it.each([
    ['work_mem', '64MB'],
    ['WORK_MEM', '64MB'],
    ['timezone', 'Europe/Berlin'],
    ['enable_seqscan', 'off'],
    ['statement_timeout', '5s'],
    ['DateStyle', 'ISO, DMY'],
  ])('include %s', (name, value) => {
    expect(sessionSetting(name, value, limits).params[1]).toBe(value)
  })

  it.each([
    'role',
    'session_authorization',
    'search_path',
    'default_transaction_read_only',
    'transaction_read_only',
    'row_security',
    'standard_conforming_strings',
    'session_replication_role',
    'synchronous_commit',
    'log_statement',
    'client_encoding',
    'application_name',
    'backslash_quote',
    'local_preload_libraries',
    'temp_tablespaces',
    'default_transaction_isolation',
  ])('do not include %s', name => {
    expect(isSessionSetting(name)).toBe(false)
    expect(() => sessionSetting(name, 'on', limits)).toThrow(
      expect.objectContaining({ code: 'POSTGRES_SETTING_REFUSED' }),
    )
  })

  it('are held within their bounds', () => {
    for (const [name, value] of [
      ['statement_timeout', '0'],
      ['statement_timeout', '2min'],
      ['lock_timeout', '60s'],
      ['work_mem', '2GB'],
      ['work_mem', '64MB; DROP TABLE x'],
      ['enable_seqscan', 'maybe'],
    ] as const)
      expect(() => sessionSetting(name, value, limits), `${name} ${value}`).toThrow()
  })
})

for (const major of [18, 15] as const) {
  const prepared: Prepared | undefined = await prepare(major, shop)
  describe.skipIf(!prepared)(`looking after PostgreSQL ${major}${prepared ? '' : ' (not installed)'}`, () => {
    const reading = <T>(work: (room: Room) => Promise<T>) => inspect(prepared!.database.reader, work)

    const customer = { schema: 'sales', name: 'customer' }
    const tasks: MaintenanceTask[] = [
      { do: 'vacuum', table: customer },
      { do: 'vacuum', table: { name: weird }, full: true, analyze: true, verbose: true },
      { do: 'vacuum', table: customer, freeze: true, skipLocked: true, indexCleanup: 'auto', parallel: 1 },
      { do: 'vacuum', table: { name: 'größe' } },
      { do: 'vacuum', table: { name: 'totals' } },
      { do: 'vacuum' },
      { do: 'analyze', table: { name: longest } },
      { do: 'analyze', table: { name: weird }, columns: ['a.b c'], verbose: true },
      { do: 'analyze', table: { name: 'event' } },
      { do: 'reindex', target: 'table', ...customer },
      { do: 'reindex', target: 'index', name: 'orders_made' },
      { do: 'reindex', target: 'index', name: 'orders_made', concurrently: false, verbose: true },
      { do: 'reindex', target: 'schema', name: 'sales' },
    ]

    it('vacuums, analyzes and reindexes, whatever the names', async () => {
      await using room = await connect(prepared!.database.superuser)
      for (const task of tasks) {
        const { text } = await maintenanceText(room, task)
        await expect(room.client.query(text), text).resolves.toMatchObject({ command: task.do.toUpperCase() })
      }
    })

    it('says in words what is missing or cannot be', async () => {
      const text = (task: MaintenanceTask) => reading(room => maintenanceText(room, task))
      await expect(text({ do: 'vacuum', table: { name: 'custmer' } })).rejects.toMatchObject({
        code: 'POSTGRES_OBJECT_MISSING',
        details: { near: ['sales.customer'] },
      })
      await expect(text({ do: 'vacuum', table: { name: 'open_orders' } })).rejects.toMatchObject({ kind: 'invalid' })
      await expect(text({ do: 'vacuum', full: true })).rejects.toMatchObject({ kind: 'invalid' })
      await expect(text({ do: 'vacuum', table: customer, parallel: 99 })).rejects.toMatchObject({ kind: 'invalid' })
      await expect(text({ do: 'reindex', target: 'index', name: 'customer' })).rejects.toMatchObject({
        kind: 'missing',
      })
    })

    it('tells how far a command is, and what it said', async () => {
      await using owner = await connect(prepared!.database.admin)
      await owner.client.query('CREATE TABLE slow AS SELECT n, md5(n::text) FROM generate_series(1, 200000) n')
      const seen: string[] = []
      const source = sourceOver(prepared!, {
        async before(room) {
          await room.client.query('SET vacuum_cost_delay = 5; SET vacuum_cost_limit = 100')
        },
      })
      const outcome = await maintain(
        source,
        { do: 'vacuum', table: { name: 'slow' }, verbose: true },
        {
          everyMs: 20,
          onProgress: progress => seen.push(`${progress.command} ${progress.relation} ${progress.percent !== null}`),
        },
      )
      expect(outcome.tag).toBe('VACUUM')
      expect(outcome.notices.map(notice => notice.message).join()).toContain('slow')
      expect(seen).toContain('VACUUM public.slow true')
      expect(await reading(room => readProgress(room))).toEqual([])
    })

    it('shows statistics of one table or of those written most', async () => {
      const [one] = await reading(room => tableStatistics(room, { table: customer }))
      expect(one).toMatchObject({ schema: 'sales', name: 'customer', inserted: 100, sizeBytes: expect.any(Number) })
      const top = await reading(room => tableStatistics(room, { limit: 2 }))
      expect(top).toHaveLength(2)
      expect(top[0]!.inserted).toBeGreaterThanOrEqual(top[1]!.inserted)
    })

    it('shows settings with their source, and never where things lie on the machine', async () => {
      expect(await reading(room => getSetting(room, 'Work_Mem'))).toMatchObject({
        name: 'work_mem',
        unit: 'kB',
        source: 'default',
        settable: true,
        hidden: false,
        pendingRestart: false,
      })
      await using superuser = await connect(prepared!.database.superuser)
      for (const name of [
        'data_directory',
        'hba_file',
        'config_file',
        'archive_command',
        'primary_conninfo',
        'ssl_key_file',
        'shared_preload_libraries',
      ])
        expect(await getSetting(superuser, name), name).toMatchObject({ value: null, hidden: true })
    })

    it('finds settings by category and text, page by page', async () => {
      const tuning = await reading(room => listSettings(room, { category: 'query tuning', limit: 500 }))
      expect(tuning.items.map(item => item.name)).toContain('random_page_cost')
      const paged: string[] = []
      await reading(async room => {
        for (let cursor: string | null | undefined; cursor !== null; ) {
          const page = await listSettings(room, { category: 'query tuning', limit: 7, ...(cursor ? { cursor } : {}) })
          paged.push(...page.items.map(item => item.name))
          cursor = page.cursor
        }
      })
      expect(paged).toEqual(tuning.items.map(item => item.name))
      const changed = await reading(room => listSettings(room, { changed: true }))
      expect(changed.items.map(item => item.name)).toContain('fsync')
    })

    it('names the nearest setting', async () => {
      await expect(reading(room => getSetting(room, 'work_men'))).rejects.toMatchObject({
        details: { near: ['work_mem'] },
      })
    })

    it('sets for a transaction what it said it would', async () => {
      await using room = await connect(prepared!.database.reader)
      await room.client.query('BEGIN READ ONLY')
      const { text, params } = sessionSetting('timezone', 'Asia/Tokyo', limits)
      await room.rows(text, params)
      expect((await getSetting(room, 'TimeZone')).value).toBe('Asia/Tokyo')
      await room.client.query('ROLLBACK')
      expect((await getSetting(room, 'TimeZone')).value).not.toBe('Asia/Tokyo')
    })
  })
}

/** Just enough of a source to run maintenance on. */
function sourceOver(prepared: Prepared, { before }: { before: (room: Room) => Promise<void> }): CatalogSource {
  const refuse = () => Promise.reject(new Error('not in this test'))
  return {
    name: 'test',
    inspect: (_, work) => inspect(prepared.database.admin, work),
    async maintain(_, work) {
      await using room = await connect(prepared.database.admin)
      await before(room)
      return await work({
        serverVersion: room.serverVersion,
        backendPid: room.backendPid,
        rows: room.rows,
        async run(text, options) {
          room.client.on('notice', notice =>
            options?.onNotice?.({ severity: notice.severity ?? '', message: notice.message ?? '' }),
          )
          return (await room.client.query(text)).command
        },
      })
    },
    rehearse: refuse,
    define: refuse,
    check: refuse,
    checkDefinition: refuse,
    ownBackends: () => new Set(),
  }
}
