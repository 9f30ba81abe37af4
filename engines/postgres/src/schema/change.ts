import type { DefinedKind } from './definition-shape.ts'

export interface ObjectName {
  readonly schema: string
  readonly name: string
}

export interface ColumnDefinition {
  readonly name: string
  /** As SQL writes it: `numeric(12,2)`, `text[]`, `sales.status`. */
  readonly type: string
  readonly collation?: string
  readonly notNull?: boolean
  /** An expression. */
  readonly default?: string
  readonly identity?: 'always' | 'by default'
  /** An expression over other columns, stored. */
  readonly generated?: string
  readonly primaryKey?: boolean
  readonly unique?: boolean
  /** An expression. */
  readonly check?: string
  readonly references?: Reference
}

export interface Reference {
  readonly table: ObjectName
  /** Default: its primary key. */
  readonly columns?: readonly string[]
  readonly onDelete?: ReferentialAction
  readonly onUpdate?: ReferentialAction
}

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'

export type ConstraintDefinition = { readonly name?: string } & (
  | {
      readonly form: 'primary key' | 'unique'
      readonly columns: readonly string[]
      readonly include?: readonly string[]
    }
  | { readonly form: 'check'; readonly expression: string; readonly notValid?: boolean }
  | {
      readonly form: 'foreign key'
      readonly columns: readonly string[]
      readonly references: Reference
      readonly notValid?: boolean
    }
  | {
      readonly form: 'exclusion'
      readonly method?: string
      /** A column and the operator by which two rows may not agree. */
      readonly elements: readonly { readonly column: string; readonly operator: string }[]
    }
)

export interface IndexKey {
  /** A column, or an expression. */
  readonly column?: string
  readonly expression?: string
  readonly order?: 'asc' | 'desc'
  readonly nulls?: 'first' | 'last'
  /** An operator class, such as `text_pattern_ops`. */
  readonly operatorClass?: string
}

/** A change of the schema as a structure; every name may be any name PostgreSQL can have. */
export type Change =
  | { readonly do: 'create schema'; readonly name: string; readonly ifNotExists?: boolean }
  | {
      readonly do: 'create table'
      readonly table: ObjectName
      readonly columns: readonly ColumnDefinition[]
      readonly constraints?: readonly ConstraintDefinition[]
      readonly ifNotExists?: boolean
    }
  | {
      readonly do: 'create index'
      readonly table: ObjectName
      readonly name?: string
      readonly keys: readonly IndexKey[]
      readonly include?: readonly string[]
      readonly unique?: boolean
      /** Default btree. */
      readonly method?: string
      /** An expression. */
      readonly where?: string
      /** Without blocking writes; stands alone. */
      readonly concurrently?: boolean
      readonly ifNotExists?: boolean
    }
  | {
      readonly do: 'create view'
      readonly view: ObjectName
      /** A SELECT. */
      readonly query: string
      readonly materialized?: boolean
      readonly replace?: boolean
    }
  | { readonly do: 'create enum'; readonly type: ObjectName; readonly values: readonly string[] }
  | { readonly do: 'create sequence'; readonly sequence: ObjectName; readonly ifNotExists?: boolean }
  | AlterTable
  | {
      readonly do: 'add enum value'
      readonly type: ObjectName
      readonly value: string
      readonly before?: string
      readonly after?: string
    }
  | {
      readonly do: 'comment'
      readonly on: ObjectName & {
        readonly kind: 'table' | 'view' | 'materialized_view' | 'index' | 'sequence' | 'type'
      }
      readonly column?: string
      /** `null` removes it. */
      readonly text: string | null
    }
  | Drop

export type AlterTable = { readonly table: ObjectName } & (
  | { readonly do: 'add column'; readonly column: ColumnDefinition; readonly ifNotExists?: boolean }
  | { readonly do: 'drop column'; readonly column: string; readonly ifExists?: boolean; readonly cascade?: boolean }
  | { readonly do: 'rename column'; readonly column: string; readonly to: string }
  | { readonly do: 'rename table'; readonly to: string }
  | { readonly do: 'set schema'; readonly to: string }
  | { readonly do: 'set default'; readonly column: string; readonly default: string }
  | { readonly do: 'drop default' | 'set not null' | 'drop not null'; readonly column: string }
  | { readonly do: 'set type'; readonly column: string; readonly type: string; readonly using?: string }
  | { readonly do: 'add constraint'; readonly constraint: ConstraintDefinition }
  | { readonly do: 'validate constraint'; readonly name: string }
  | { readonly do: 'drop constraint'; readonly name: string; readonly ifExists?: boolean; readonly cascade?: boolean }
  | { readonly do: 'enable row security' | 'disable row security' }
)

export interface Drop {
  readonly do: 'drop'
  readonly kind: Exclude<DefinedKind, 'constraint'>
  /** Of a schema or extension, the name alone. */
  readonly schema?: string
  readonly name: string
  /** Of a trigger or policy. */
  readonly table?: ObjectName
  /** Types of the arguments of a function, as SQL writes them. */
  readonly arguments?: readonly string[]
  readonly ifExists?: boolean
  readonly cascade?: boolean
  /** Of an index. */
  readonly concurrently?: boolean
}
