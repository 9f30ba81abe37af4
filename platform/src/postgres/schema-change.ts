import { issueText } from '@super-data/base/issue-text'
import type { Input } from '@super-data/contract'
import { type Change, type CheckedDefinition, checkDefinition, define } from '@super-data/postgres/looking'
import { z } from 'zod'
import { ChangeInvalid } from './errors.ts'

const name = z.string().min(1).max(63)
const expression = z.string().min(1).max(10_000)
const object = z.strictObject({ schema: name, name })
const drops = { ifExists: z.boolean().optional(), cascade: z.boolean().optional() }
const action = z.enum(['no action', 'restrict', 'cascade', 'set null', 'set default'])
const reference = z.strictObject({
  table: object,
  columns: z.array(name).optional(),
  onDelete: action.optional(),
  onUpdate: action.optional(),
})
const columnDefinition = z.strictObject({
  name,
  type: expression,
  collation: expression.optional(),
  notNull: z.boolean().optional(),
  default: expression.optional(),
  generated: expression.optional(),
  identity: z.enum(['always', 'by default']).optional(),
  primaryKey: z.boolean().optional(),
  unique: z.boolean().optional(),
  check: expression.optional(),
  references: reference.optional(),
})
const columns = z.array(name).min(1).max(32)
const named = { name: name.optional() }
const notValid = z.boolean().optional()
const constraint = z.discriminatedUnion('form', [
  z.strictObject({ form: z.enum(['primary key', 'unique']), ...named, columns, include: columns.optional() }),
  z.strictObject({ form: z.literal('check'), ...named, expression, notValid }),
  z.strictObject({ form: z.literal('foreign key'), ...named, columns, references: reference, notValid }),
  z.strictObject({
    ...{ form: z.literal('exclusion'), ...named, method: name.optional() },
    elements: z
      .array(z.strictObject({ column: name, operator: z.string().max(20) }))
      .min(1)
      .max(32),
  }),
])
const indexKey = z.strictObject({
  column: name.optional(),
  expression: expression.optional(),
  order: z.enum(['asc', 'desc']).optional(),
  nulls: z.enum(['first', 'last']).optional(),
  operatorClass: name.optional(),
})

const shapes = [
  z.strictObject({ do: z.literal('create schema'), name, ifNotExists: z.boolean().optional() }),
  z.strictObject({
    do: z.literal('create table'),
    table: object,
    columns: z.array(columnDefinition).min(1).max(1_600),
    constraints: z.array(constraint).max(1_000).optional(),
    ifNotExists: z.boolean().optional(),
  }),
  z.strictObject({
    do: z.literal('create index'),
    table: object,
    name: name.optional(),
    keys: z.array(indexKey).min(1).max(32),
    include: z.array(name).max(32).optional(),
    unique: z.boolean().optional(),
    method: name.optional(),
    where: expression.optional(),
    concurrently: z.boolean().optional(),
    ifNotExists: z.boolean().optional(),
  }),
  z.strictObject({
    do: z.literal('create view'),
    view: object,
    query: expression,
    materialized: z.boolean().optional(),
    replace: z.boolean().optional(),
  }),
  z.strictObject({ do: z.literal('create enum'), type: object, values: z.array(z.string().max(63)).min(1).max(1_000) }),
  z.strictObject({ do: z.literal('create sequence'), sequence: object, ifNotExists: z.boolean().optional() }),
  z.strictObject({
    do: z.literal('add column'),
    table: object,
    column: columnDefinition,
    ifNotExists: z.boolean().optional(),
  }),
  z.strictObject({ do: z.literal('drop column'), table: object, column: name, ...drops }),
  z.strictObject({ do: z.literal('rename column'), table: object, column: name, to: name }),
  z.strictObject({ do: z.literal('rename table'), table: object, to: name }),
  z.strictObject({ do: z.literal('set schema'), table: object, to: name }),
  z.strictObject({ do: z.literal('set default'), table: object, column: name, default: expression }),
  z.strictObject({ do: z.enum(['drop default', 'set not null', 'drop not null']), table: object, column: name }),
  z.strictObject({
    do: z.literal('set type'),
    table: object,
    column: name,
    type: expression,
    using: expression.optional(),
  }),
  z.strictObject({ do: z.literal('add constraint'), table: object, constraint }),
  z.strictObject({ do: z.literal('validate constraint'), table: object, name }),
  z.strictObject({ do: z.literal('drop constraint'), table: object, name, ...drops }),
  z.strictObject({ do: z.enum(['enable row security', 'disable row security']), table: object }),
  z.strictObject({
    do: z.literal('add enum value'),
    type: object,
    value: z.string().max(63),
    before: z.string().max(63).optional(),
    after: z.string().max(63).optional(),
  }),
  z.strictObject({
    do: z.literal('comment'),
    on: object.extend({ kind: z.enum(['table', 'view', 'materialized_view', 'index', 'sequence', 'type']) }),
    column: name.optional(),
    text: z.string().max(10_000).nullable(),
  }),
]
const change = z.union(shapes)

type Asked = Pick<Input<'postgres.create'>, 'kind' | 'schema' | 'name' | 'sql' | 'change'>

/**
 * The statement that a caller asks for, checked: written out, or as one of the changes that are known.
 *
 * @throws ChangeInvalid, and what checking throws.
 */
export function askedDefinition(verb: 'create' | 'alter', asked: Asked): Promise<CheckedDefinition> {
  const { kind, schema, name: named, sql } = asked
  if ((sql === undefined) === (asked.change === undefined)) throw new ChangeInvalid('give either sql or change')
  if (sql !== undefined) {
    const target = { ...(schema === undefined ? {} : { schema }), ...(named === undefined ? {} : { name: named }) }
    return checkDefinition(sql, { verb, kind, ...target })
  }
  const parsed = change.safeParse(asked.change, { error: issueText })
  if (!parsed.success) throw new ChangeInvalid(firstMistake(asked.change, parsed.error))
  if (parsed.data.do.startsWith('create ') !== (verb === 'create')) {
    throw new ChangeInvalid(`${parsed.data.do} is not to ${verb} something`)
  }
  return define(parsed.data as Change)
}

/** Of the shape that was meant, rather than of all there are. */
function firstMistake(given: unknown, error: z.ZodError): string {
  const wanted = (given as { do?: unknown }).do
  const kinds = shapes.flatMap(({ shape }) => (shape.do instanceof z.ZodEnum ? shape.do.options : [...shape.do.values]))
  if (!kinds.some(kind => kind === wanted)) return `change.do is one of: ${kinds.join(', ')}`
  const attempts = shapes.map(shape => shape.safeParse(given, { error: issueText }).error?.issues ?? [])
  const own = attempts.find(issues => !issues.some(issue => issue.path[0] === 'do'))
  const [issue] = own ?? error.issues
  return issue === undefined ? 'the change is not understood' : `change.${issue.path.join('.')}: ${issue.message}`
}
