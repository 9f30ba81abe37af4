import { describe, expect, it } from 'vitest'
import type { Change } from '../src/schema/change.ts'
import { checkDefinition, define } from '../src/schema/definition.ts'
import { impactOf, lookAtChange } from '../src/schema/impact.ts'
import { connect, inspect, type Prepared, prepare } from './schema-database.ts'
import { shop, weird } from './schema-shop.ts'

const t = { schema: 'sales', name: 'orders' }
const invalid = { code: expect.stringMatching(/^POSTGRES_(DEFINITION_INVALID|SYNTAX|NOT_ONE_STATEMENT)$/) }

describe('a change given as a structure', () => {
  const evil = [
    'int, evil int',
    'int; DROP TABLE x',
    'int DEFAULT pg_sleep(9)',
    'int) --',
    'int PRIMARY KEY',
    'int AS x',
    'int FROM t',
    'int /* ',
    'int -- \n, (SELECT 1)',
  ]

  it.each(evil)('takes a type only, not %j', async type => {
    const column = { name: 'c', type }
    await expect(define({ do: 'add column', table: t, column })).rejects.toMatchObject(invalid)
    await expect(define({ do: 'create table', table: t, columns: [column] })).rejects.toMatchObject(invalid)
    await expect(define({ do: 'set type', table: t, column: 'c', type })).rejects.toMatchObject(invalid)
  })

  it.each(['true), CHECK (false', 'true) NOT VALID; DROP TABLE x; --', '1; DROP TABLE x', '1 FROM t', '1, 2', ')', ''])(
    'takes one expression only, not %j',
    async expression => {
      const check = { name: 'k', form: 'check', expression } as const
      await expect(define({ do: 'add constraint', table: t, constraint: check })).rejects.toMatchObject(invalid)
      await expect(define({ do: 'set default', table: t, column: 'c', default: expression })).rejects.toMatchObject(
        invalid,
      )
      await expect(define({ do: 'create index', table: t, keys: [{ expression }] })).rejects.toMatchObject(invalid)
    },
  )

  it.each([
    'SELECT 1; DROP TABLE x',
    'SELECT 1 INTO y',
    'SELECT 1 INTO y UNION SELECT 2',
    'DELETE FROM x RETURNING 1',
    'WITH d AS (DELETE FROM x RETURNING 1) SELECT 1 FROM d',
  ])('takes a query that reads only, not %j', async query => {
    await expect(define({ do: 'create view', view: t, query })).rejects.toMatchObject(invalid)
  })

  it('lets a comment at the end of a piece end there', async () => {
    const { text } = await define({ do: 'set default', table: t, column: 'c', default: '1 -- one' })
    expect(text).toBe('ALTER TABLE "sales"."orders" ALTER COLUMN "c" SET DEFAULT (1 -- one\n)')
  })

  it('refuses words that are none of the allowed', async () => {
    const references = { table: t, onDelete: 'cascade; DROP TABLE x' as 'cascade' }
    await expect(
      define({ do: 'add column', table: t, column: { name: 'c', type: 'int', references } }),
    ).rejects.toMatchObject(invalid)
    const elements = [{ column: 'a', operator: '= /*' }]
    await expect(
      define({ do: 'add constraint', table: t, constraint: { form: 'exclusion', elements } }),
    ).rejects.toMatchObject(invalid)
  })

  it('refuses names PostgreSQL would cut', async () => {
    const table = { schema: 'sales', name: 'ä'.repeat(32) }
    await expect(define({ do: 'rename table', table: t, to: table.name })).rejects.toMatchObject({
      code: 'POSTGRES_NAME_INVALID',
    })
    await expect(define({ do: 'create table', table, columns: [] })).rejects.toMatchObject({
      code: 'POSTGRES_NAME_INVALID',
    })
  })
})

describe('a definition given as text', () => {
  it('has to be what was announced', async () => {
    const create = (text: string) =>
      checkDefinition(text, { verb: 'create', kind: 'table', schema: 'sales', name: 'a' })
    expect(await create('create table sales.a (id int)')).toMatchObject({
      undo: 'DROP TABLE "sales"."a"',
      parts: ['column id:'],
    })
    for (const text of [
      'DROP TABLE sales.a',
      'create table sales.b (id int)',
      'create table a (id int)',
      'create table other.a (id int)',
      'create view sales.a as select 1',
      'create table sales.a (id int); drop table x',
      'create table sales.a as select pg_sleep(1)',
      'grant all on sales.a to public',
      'do $$ begin end $$',
      'create role a',
      "copy sales.a to program 'x'",
      'insert into sales.a values (1)',
      'alter system set work_mem = 1',
      'create table sales.a (id int)\0; drop table x',
    ])
      await expect(create(text), text).rejects.toMatchObject(invalid)
  })

  it('is one object a drop, and its cascade is seen', async () => {
    const drop = (text: string) => checkDefinition(text, { verb: 'drop', kind: 'table', schema: 's', name: 'a' })
    expect(await drop('drop table if exists s.a cascade')).toMatchObject({ cascade: true })
    await expect(drop('drop table s.a, s.b')).rejects.toMatchObject(invalid)
  })

  it('says when a function runs with rights of its owner or outside the database', async () => {
    const create = (text: string) => checkDefinition(text, { verb: 'create', kind: 'function', name: 'f' })
    expect((await create('create function f() returns int language sql as $$ select 1 $$')).dangers).toEqual([])
    expect(
      (await create('create function f() returns int language sql security definer as $$ select 1 $$')).dangers,
    ).toHaveLength(1)
    expect(
      (await create('create function f() returns int language plpython3u as $$ return 1 $$')).dangers,
    ).toHaveLength(1)
  })

  it('says when a guard is taken away, and which functions run', async () => {
    const alter = (text: string) => checkDefinition(text, { verb: 'alter', kind: 'table', name: 't' })
    for (const form of [
      'owner to joe',
      'disable trigger all',
      'disable row level security',
      'no force row level security',
    ])
      expect((await alter(`alter table t ${form}`)).dangers, form).toHaveLength(1)
    const added = await alter('alter table t add column c int default sales.f(now())')
    expect(added).toMatchObject({ dangers: [], functions: [{ schema: 'sales', name: 'f' }, { name: 'now' }] })
  })

  it('does not hide objects in a schema that is created', async () => {
    const text = 'create schema s create table x (id int)'
    await expect(checkDefinition(text, { verb: 'create', kind: 'schema', name: 's' })).rejects.toMatchObject(invalid)
  })
})

for (const major of [18, 15] as const) {
  const prepared: Prepared | undefined = await prepare(major, shop)
  describe.skipIf(!prepared)(`changes on PostgreSQL ${major}${prepared ? '' : ' (not installed)'}`, () => {
    const admin = () => connect(prepared!.database.admin)

    const name = { schema: 'sales', name: weird }
    const changes: Change[] = [
      { do: 'create schema', name: 'Größe "s"' },
      { do: 'create enum', type: { schema: 'sales', name: 'col"or' }, values: ["it's", 'back\\slash', 'größe'] },
      { do: 'add enum value', type: { schema: 'sales', name: 'col"or' }, value: 'new', before: "it's" },
      { do: 'create sequence', sequence: { schema: 'sales', name: 'a.b' } },
      {
        do: 'create table',
        table: name,
        columns: [
          { name: 'id', type: 'bigint', identity: 'always', primaryKey: true },
          { name: 'a.b', type: 'numeric(12,2)', default: '1 + 1', notNull: true, check: '"a.b" > 0' },
          { name: 'c"', type: 'sales."col""or"[]' },
          { name: 'order', type: 'integer', references: { table: t, columns: ['id'], onDelete: 'set null' } },
          { name: 'twice', type: 'numeric', generated: '"a.b" * 2' },
          { name: 'word', type: 'varchar(10)', collation: 'C', unique: true },
          { name: 'room', type: 'int' },
        ],
        constraints: [
          { name: 'x y', form: 'exclusion', elements: [{ column: 'room', operator: '=' }] },
          { form: 'unique', columns: ['a.b'], include: ['id'] },
          { form: 'foreign key', columns: ['order'], references: { table: t } },
        ],
      },
      {
        do: 'create index',
        table: name,
        name: 'an "index"',
        keys: [
          { column: 'word', operatorClass: 'varchar_pattern_ops', order: 'desc', nulls: 'last' },
          { expression: 'lower(word)' },
        ],
        include: ['id'],
        where: 'id > 0',
      },
      { do: 'create index', table: name, keys: [{ column: 'c"' }], method: 'gin' },
      {
        do: 'create view',
        view: { schema: 'sales', name: 'v "1"' },
        query: `SELECT "a.b" FROM sales."Weird ""Name""";`,
      },
      { do: 'create view', view: { schema: 'sales', name: 'mv' }, query: 'SELECT 1 AS one', materialized: true },
      { do: 'comment', on: { ...name, kind: 'table' }, text: "it's \\ here" },
      { do: 'comment', on: { ...name, kind: 'table' }, column: 'a.b', text: null },
      { do: 'add column', table: name, column: { name: 'more', type: 'text', default: "'x'" } },
      { do: 'set not null', table: name, column: 'more' },
      { do: 'drop not null', table: name, column: 'more' },
      { do: 'set default', table: name, column: 'more', default: 'current_user' },
      { do: 'drop default', table: name, column: 'more' },
      { do: 'set type', table: name, column: 'more', type: 'int', using: 'length(more)' },
      { do: 'rename column', table: name, column: 'more', to: 'most to gain' },
      {
        do: 'add constraint',
        table: name,
        constraint: { name: 'k', form: 'check', expression: 'id > 0', notValid: true },
      },
      { do: 'validate constraint', table: name, name: 'k' },
      { do: 'drop constraint', table: name, name: 'k' },
      { do: 'enable row security', table: name },
      { do: 'drop column', table: name, column: 'most to gain', cascade: true },
      { do: 'rename table', table: { schema: 'sales', name: 'secret' }, to: 'Top Secret' },
      { do: 'drop', kind: 'trigger', name: 'touched', table: t },
      { do: 'drop', kind: 'policy', name: 'own', table: { schema: 'sales', name: 'Top Secret' } },
      { do: 'drop', kind: 'function', schema: 'sales', name: 'add_tax', arguments: ['numeric', 'numeric'] },
      { do: 'drop', kind: 'view', schema: 'sales', name: 'v "1"' },
      { do: 'drop', kind: 'materialized_view', schema: 'sales', name: 'mv', ifExists: true },
      { do: 'drop', kind: 'index', schema: 'sales', name: 'an "index"' },
      { do: 'drop', kind: 'table', ...name, cascade: true },
      { do: 'drop', kind: 'type', schema: 'sales', name: 'col"or' },
      { do: 'drop', kind: 'sequence', schema: 'sales', name: 'a.b' },
      { do: 'drop', kind: 'schema', name: 'Größe "s"' },
    ]

    it('all run as they were meant, whatever the names', async () => {
      await using room = await admin()
      await room.client.query('BEGIN')
      for (const change of changes) {
        const { text } = await define(change)
        await expect(room.rows(text), text).resolves.toBeDefined()
      }
      await room.client.query('ROLLBACK')
    })

    it('come with an undo that works, also where only the database knows it', async () => {
      await using room = await admin()
      await room.client.query('BEGIN')
      await room.rows(`ALTER TABLE sales.orders ALTER COLUMN made SET DEFAULT 'yesterday'::timestamptz`)
      const undone: Change[] = [
        { do: 'set default', table: t, column: 'made', default: 'now()' },
        { do: 'set type', table: t, column: 'parent', type: 'bigint' },
        { do: 'rename column', table: t, column: 'made', to: 'born' },
        { do: 'rename table', table: t, to: 'sold' },
        { do: 'add column', table: t, column: { name: 'n', type: 'int' } },
        { do: 'drop', kind: 'view', schema: 'sales', name: 'open_orders' },
        { do: 'drop', kind: 'index', schema: 'sales', name: 'orders_made' },
        { do: 'drop', kind: 'trigger', name: 'touched', table: t },
      ]
      const [{ id }] = (await room.rows<{ id: number }>(`SELECT 'sales.orders'::regclass::oid AS id`)) as [
        { id: number },
      ]
      const fingerprint = `SELECT md5(string_agg(x::text, '' ORDER BY x::text)) AS md5 FROM (
        SELECT attname, format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid) FROM pg_attribute a
        LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = ${id} AND attnum > 0 AND NOT attisdropped
        UNION ALL SELECT relname, relkind::text, '' FROM pg_class WHERE relnamespace = 'sales'::regnamespace
        UNION ALL SELECT tgname, '', '' FROM pg_trigger WHERE NOT tgisinternal) AS x`
      const [before] = await room.rows(fingerprint)
      for (const change of undone) {
        const definition = await define(change)
        const { undo } = await impactOf(room, definition)
        await room.rows(definition.text)
        expect(await room.rows(fingerprint), definition.text).not.toEqual([before])
        await room.rows(undo!)
        expect(await room.rows(fingerprint), undo!).toEqual([before])
      }
      await room.client.query('ROLLBACK')
    })

    it('show who depends on what goes, and whether the drop would fail', async () => {
      const impact = await inspect(prepared!.database.reader, async room =>
        impactOf(room, await define({ do: 'drop', kind: 'table', ...t })),
      )
      expect(impact).toMatchObject({ exists: true, lock: 'ACCESS EXCLUSIVE', blocks: 'reads and writes', undo: null })
      const views = impact.dependents.filter(each => !each.goesAlong).map(each => each.identity)
      expect(views).toEqual(expect.arrayContaining(['sales.open_orders', 'sales.totals']))
      expect(impact.dependents.filter(each => each.goesAlong).map(each => each.kind)).toEqual(
        expect.arrayContaining(['index', 'sequence', 'trigger', 'table constraint']),
      )
      expect(impact.warnings).toContainEqual(expect.stringContaining('without cascade it fails'))
    })

    it('count only what uses the column that changes', async () => {
      const dependents = (column: string) =>
        inspect(prepared!.database.reader, async room => {
          const impact = await impactOf(room, await define({ do: 'drop column', table: t, column }))
          return impact.dependents.filter(each => !each.goesAlong).map(each => each.identity)
        })
      expect(await dependents('status')).toEqual(['sales.open_orders'])
      expect(await dependents('customer')).toEqual(['sales.totals', 'sales.open_orders'])
    })

    it('tell the lock PostgreSQL really takes', async () => {
      await using room = await admin()
      const modes: Record<string, string> = {
        'ACCESS EXCLUSIVE': 'AccessExclusiveLock',
        'SHARE UPDATE EXCLUSIVE': 'ShareUpdateExclusiveLock',
        'SHARE ROW EXCLUSIVE': 'ShareRowExclusiveLock',
        SHARE: 'ShareLock',
      }
      const measured: Change[] = [
        { do: 'add column', table: t, column: { name: 'n', type: 'int' } },
        { do: 'drop column', table: t, column: 'made' },
        { do: 'rename column', table: t, column: 'made', to: 'born' },
        { do: 'set default', table: t, column: 'made', default: 'now()' },
        { do: 'set not null', table: t, column: 'parent' },
        { do: 'set type', table: t, column: 'parent', type: 'bigint' },
        { do: 'add constraint', table: t, constraint: { form: 'check', expression: 'id > 0' } },
        {
          do: 'add constraint',
          table: t,
          constraint: { form: 'foreign key', columns: ['parent'], references: { table: t } },
        },
        { do: 'create index', table: t, keys: [{ column: 'made' }] },
        { do: 'comment', on: { ...t, kind: 'table' }, text: 'x' },
        { do: 'enable row security', table: t },
      ]
      for (const change of measured) {
        const definition = await define(change)
        const { lock } = await impactOf(room, definition)
        await room.client.query('BEGIN')
        await room.rows(definition.text)
        const { locks } = await lookAtChange(room)
        await room.client.query('ROLLBACK')
        expect(locks, definition.text).toContainEqual({ relation: 'sales.orders', mode: modes[lock] })
        if (lock !== 'ACCESS EXCLUSIVE') {
          expect(locks, definition.text).not.toContainEqual({ relation: 'sales.orders', mode: 'AccessExclusiveLock' })
        }
      }
    })
  })
}
