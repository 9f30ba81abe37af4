import { describe, expect, it } from 'vitest'
import { describeObject, type ObjectDescription } from '../src/schema/describe-object.ts'
import type { TableDescription } from '../src/schema/describe-table.ts'
import { listObjects } from '../src/schema/list-objects.ts'
import { type ObjectKind, objectKinds } from '../src/schema/object-kind.ts'
import { outline } from '../src/schema/outline.ts'
import { sampleText } from '../src/schema/sample-text.ts'
import { searchObjects } from '../src/schema/search-objects.ts'
import { inspect, type Prepared, prepare, type Room } from './schema-database.ts'
import { longest, shop, weird } from './schema-shop.ts'

for (const major of [18, 15] as const) {
  const prepared: Prepared | undefined = await prepare(major, shop)
  describe.skipIf(!prepared)(`looking around PostgreSQL ${major}${prepared ? '' : ' (not installed)'}`, () => {
    const looking = <T>(work: (room: Room) => Promise<T>) => inspect(prepared!.database.reader, work)
    const table = (name: string, schema?: string) =>
      looking(room =>
        describeObject(room, { name, ...(schema === undefined ? {} : { schema }) }),
      ) as Promise<TableDescription>

    describe('lists', () => {
      const names = (kind: ObjectKind, more: object = {}) =>
        looking(async room => (await listObjects(room, { kind, ...more })).items.map(item => item.name))

      it('knows every kind', async () => {
        for (const kind of objectKinds) expect(await names(kind), kind).not.toEqual([])
      })

      it('shows tables without their partitions, and the partitions of one when asked', async () => {
        expect(await names('table', { schema: 'sales' })).toEqual(['booking', 'customer', 'event', 'orders', 'secret'])
        expect(await names('table', { schema: 'sales', table: 'event' })).toEqual(['event_2025', 'event_rest'])
      })

      it('does not take a schema that begins with pg for one of the system', async () => {
        expect(await names('schema')).toEqual(['pgboss', 'public', 'sales'])
        expect(await names('schema', { system: true })).toContain('pg_catalog')
      })

      it('hides what extensions brought until asked', async () => {
        expect(await names('function')).toEqual(['add_tax', 'add_tax', 'touch'])
        expect((await names('function', { extensionMembers: true, limit: 1000 })).length).toBeGreaterThan(50)
      })

      it('pages through everything once, in order', async () => {
        const all = await names('index', { limit: 1000 })
        const paged: string[] = []
        await looking(async room => {
          for (let cursor: string | null | undefined; cursor !== null; ) {
            const page = await listObjects(room, { kind: 'index', limit: 2, ...(cursor ? { cursor } : {}) })
            paged.push(...page.items.map(item => item.name))
            cursor = page.cursor
          }
        })
        expect(paged).toEqual(all)
        expect(all.length).toBeGreaterThan(4)
      })

      it('refuses a cursor of its own making only', async () => {
        await expect(names('table', { cursor: 'bm9uc2Vuc2U' })).rejects.toMatchObject({
          code: 'POSTGRES_CURSOR_INVALID',
        })
      })

      it('finds a text in names literally, whatever wildcards it has', async () => {
        expect(await names('table', { contains: '%' })).toEqual([])
        expect(await names('table', { contains: 'TOM' })).toEqual(['customer'])
      })

      it('adds sizes when asked, those of partitions to their table', async () => {
        const page = await looking(room => listObjects(room, { kind: 'table', schema: 'sales', sizes: true }))
        const sizes = Object.fromEntries(page.items.map(item => [item.name, item.sizeBytes]))
        expect(sizes['customer']).toBeGreaterThan(8_000)
        expect(sizes['event']).toBeGreaterThan(8_000)
      })

      it('says which tables the asking login can read', async () => {
        const page = await looking(room => listObjects(room, { kind: 'table', schema: 'sales' }))
        expect(page.items.filter(item => item.readable).map(item => item.name)).toEqual(['customer', 'orders'])
      })
    })

    describe('describes', () => {
      it('columns with types, defaults, identity, generation, collation and comments', async () => {
        const { columns } = await table('customer', 'sales')
        expect(columns).toMatchObject([
          { name: 'id', type: 'bigint', nullable: false, identity: 'always' },
          { name: 'email', type: 'sales.email', nullable: false, comment: 'where invoices go' },
          { name: 'name', type: 'text', nullable: true, default: `'nobody'::text`, collation: 'C' },
          { name: 'first' },
          { name: 'last' },
          { name: 'whole', generated: 'stored', default: `((first || ' '::text) || last)` },
        ])
      })

      it('a primary key without the columns it only carries', async () => {
        const described = await table('customer', 'sales')
        expect(described.primaryKey).toMatchObject({ columns: ['id'] })
        expect(described.indexes[0]).toMatchObject({ primary: true, keys: ['id'], included: ['name'] })
      })

      it('foreign keys in both directions, also to itself', async () => {
        const orders = await table('orders', 'sales')
        expect(orders.foreignKeys.map(key => [key.columns, key.table, key.otherColumns, key.onDelete])).toEqual([
          [['customer'], 'customer', ['id'], 'cascade'],
          [['parent'], 'orders', ['id'], 'no action'],
        ])
        expect(orders.referencedBy).toMatchObject([{ columns: ['id'], table: 'orders', otherColumns: ['parent'] }])
        expect((await table('customer', 'sales')).referencedBy).toMatchObject([
          { columns: ['id'], table: 'orders', otherColumns: ['customer'] },
        ])
      })

      it('checks, unique and exclusion constraints', async () => {
        expect((await table('customer', 'sales')).constraints).toMatchObject([
          { form: 'check', name: 'has a name' },
          { form: 'unique', definition: 'UNIQUE (email)' },
        ])
        expect((await table('booking', 'sales')).constraints).toMatchObject([
          { form: 'exclusion', definition: 'EXCLUDE USING gist (room WITH =, during WITH &&)' },
        ])
      })

      it('indexes with expressions, included columns and their predicate', async () => {
        const index = (await table('orders', 'sales')).indexes.find(each => each.name === 'orders_made')
        expect(index).toMatchObject({
          method: 'btree',
          valid: true,
          included: ['customer'],
          predicate: 'parent IS NULL',
        })
        expect(index!.keys).toEqual(['made', '(id + 1)'])
      })

      it('partitions, from above and from below', async () => {
        const event = await table('event', 'sales')
        expect(event).toMatchObject({
          form: 'partitioned',
          partitionKey: 'RANGE (at)',
          partitionCount: 2,
          rowsEstimate: 50,
        })
        expect(event.partitions.map(each => each.table)).toEqual(['event_2025', 'event_rest'])
        expect((await table('event_2025', 'sales')).partitionOf).toMatchObject({
          table: 'event',
          bound: `FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')`,
        })
      })

      it('enum values at the column and at the type', async () => {
        const status = (await table('orders', 'sales')).columns.find(column => column.name === 'status')
        expect(status!.values).toEqual(['new', 'paid', 'Größe'])
        const type = await looking(room => describeObject(room, { name: 'status', kind: 'type' }))
        expect(type).toMatchObject({ form: 'enum', usedBy: [{ table: 'orders', column: 'status' }] })
      })

      it('composite types and domains', async () => {
        expect(await looking(room => describeObject(room, { name: 'money_of' }))).toMatchObject({
          form: 'composite',
          attributes: [{ name: 'amount', type: 'numeric(12,2)' }, { name: 'currency' }],
        })
        expect(await looking(room => describeObject(room, { name: 'email' }))).toMatchObject({
          form: 'domain',
          baseType: 'text',
          constraints: [{ definition: expect.stringContaining('VALUE ~~') }],
        })
      })

      it('row security and its policies', async () => {
        expect((await table('secret', 'sales')).rowSecurity).toEqual({
          enabled: true,
          forced: false,
          policies: [
            {
              name: 'own',
              permissive: true,
              command: 'SELECT',
              roles: ['cq_reader'],
              using: expect.stringContaining('owner'),
              check: null,
            },
          ],
        })
      })

      it('views with their definition, triggers with theirs', async () => {
        expect((await table('open_orders')).definition).toContain('SELECT')
        expect(await table('totals')).toMatchObject({ kind: 'materialized_view', form: 'materialized' })
        expect((await table('orders')).triggers).toMatchObject([{ name: 'touched', enabled: true }])
      })

      it('functions with every overload', async () => {
        const found = (await looking(room => describeObject(room, { name: 'add_tax' }))) as ObjectDescription & {
          kind: 'function'
        }
        expect(found.overloads).toMatchObject([
          { arguments: 'amount integer', volatility: 'volatile', securityDefiner: true, result: 'integer' },
          { arguments: 'amount numeric, rate numeric DEFAULT 0.2', volatility: 'immutable', securityDefiner: false },
        ])
      })

      it('every kind a list can show', async () => {
        await looking(async room => {
          for (const kind of objectKinds) {
            const [first] = (await listObjects(room, { kind, limit: 1 })).items
            const described = await describeObject(room, { kind, name: first!.name, schema: first!.schema })
            expect(described).toMatchObject({ kind, name: first!.name })
          }
        })
      })

      it('names with quotes, umlauts, dots, and the longest there is', async () => {
        for (const name of [weird, 'größe', 'dotted.name', longest]) expect((await table(name)).name).toBe(name)
        expect((await table(weird)).columns.map(column => column.name)).toEqual(['a.b c', 'größe'])
        const sample = sampleText(await table(weird))
        expect(sample).toBe('SELECT * FROM "public"."Weird ""Name""" LIMIT 5')
      })

      it('no name PostgreSQL would cut', async () => {
        await expect(table(`${longest}y`)).rejects.toMatchObject({ code: 'POSTGRES_NAME_INVALID' })
      })

      it('what is missing by what is near', async () => {
        await expect(table('custmer')).rejects.toMatchObject({
          code: 'POSTGRES_OBJECT_MISSING',
          details: { near: ['sales.customer'] },
        })
        await expect(table('GRÖßE')).rejects.toMatchObject({ details: { near: ['public.größe'] } })
        await expect(table('customer', 'public')).rejects.toMatchObject({ details: { near: ['sales.customer'] } })
      })

      it('the real catalogue, whatever a temporary table of the same name says', async () => {
        await using room = await (await import('./schema-database.ts')).connect(prepared!.database.admin)
        await room.client.query(
          'CREATE TEMP TABLE pg_class (relname text); CREATE TEMP TABLE pg_attribute (attname text)',
        )
        expect(await describeObject(room, { name: 'customer' })).toMatchObject({ schema: 'sales', form: 'ordinary' })
      })
    })

    describe('searches', () => {
      const search = (text: string) => looking(room => searchObjects(room, { text }))

      it('by words of names and comments, best first', async () => {
        expect((await search('customer'))[0]).toMatchObject({ kind: 'table', name: 'customer' })
        expect(await search('invoices')).toMatchObject([{ kind: 'column', name: 'customer', column: 'email' }])
        expect((await search('tax'))[0]).toMatchObject({ kind: 'function', name: 'add_tax' })
      })

      it('prefers what has every word', async () => {
        expect((await search('customer email'))[0]).toMatchObject({ kind: 'column', name: 'customer', column: 'email' })
      })

      it('takes wildcards as text and nothing as nothing', async () => {
        expect(await search('%')).toEqual([])
        expect(await search('  ')).toEqual([])
      })
    })

    describe('outlines', () => {
      it('shows columns while there are few tables', async () => {
        const { mode, tables } = await looking(room => outline(room, { schema: 'sales' }))
        expect(mode).toBe('detailed')
        expect(tables.find(each => each.name === 'orders')!.columns).toContain('customer bigint not null → customer.id')
        expect(tables.find(each => each.name === 'customer')!.columns).toContain('id bigint pk')
      })

      it('shows names alone when there are many', async () => {
        const { mode, tables, tableCount } = await looking(room => outline(room, { detailedMax: 3 }))
        expect(mode).toBe('summary')
        expect(tables).toHaveLength(tableCount)
        expect(tables[0]!.columns).toBeUndefined()
      })
    })
  })
}
