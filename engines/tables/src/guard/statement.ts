import { nearest } from '@super-data/base/nearest'
import { SqlParameterInvalid, SqlRefused, SqlUnknownTable } from '../errors.ts'
import { isAllowedFunction, tableFunctions } from './allowed.ts'
import { locate } from './location.ts'

/** What a statement reads and needs, once it has been found harmless. */
export interface Inspected {
  readonly tables: readonly string[]
  readonly parameters: readonly string[]
}

type Tree = { readonly [key: string]: unknown }

interface Question {
  readonly text: string
  /** Bytes before the part of the text the tree was made of. */
  readonly offset: number
  readonly known: ReadonlySet<string>
}

/**
 * Walks the syntax tree of one SELECT and lets through only what reads the given tables.
 *
 * @param tree a statement as DuckDB's own parser serialises it, so that nothing is read differently later.
 * @throws SqlRefused · SqlUnknownTable · SqlParameterInvalid, each with the place in the text.
 */
export function inspect(tree: unknown, question: Question): Inspected {
  const inspection = new Inspection(question)
  inspection.visit(tree, new Set())
  return { tables: [...inspection.tables], parameters: [...inspection.parameters.values()] }
}

class Inspection {
  readonly tables = new Set<string>()
  readonly parameters = new Map<string, string>()
  readonly #question: Question

  constructor(question: Question) {
    this.#question = question
  }

  /** @param named names that `WITH` defines around this place. */
  visit(part: unknown, named: ReadonlySet<string>): void {
    if (Array.isArray(part)) for (const element of part) this.visit(element, named)
    else if (typeof part === 'object' && part !== null) this.#visitTree(part as Tree, named)
  }

  #visitTree(tree: Tree, named: ReadonlySet<string>): void {
    if (tree['type'] === 'BASE_TABLE') this.#checkTable(tree, named)
    if (tree['type'] === 'TABLE_FUNCTION') this.#checkTableFunction(tree['function'] as Tree)
    if (tree['type'] === 'SHOW_REF') this.#checkShow(tree)
    if (tree['class'] === 'PARAMETER') this.#checkParameter(tree)
    if (tree['class'] === 'FUNCTION' && tree['is_operator'] !== true) this.#checkFunction(tree)
    if (tree['class'] === 'WINDOW') this.#checkFunction(tree)
    const inner = this.#visitCommonTables(tree, named)
    for (const [key, value] of Object.entries(tree)) if (key !== 'cte_map') this.visit(value, inner)
  }

  /** A common table sees those before it, and itself only when it is recursive. */
  #visitCommonTables(tree: Tree, named: ReadonlySet<string>): ReadonlySet<string> {
    const inner = new Set(named)
    if (typeof tree['cte_name'] === 'string') inner.add(tree['cte_name'].toLowerCase())
    const map = tree['cte_map'] as { map?: { key: string; value: Tree }[] } | undefined
    for (const { key, value } of map?.map ?? []) {
      this.visit(value, inner)
      inner.add(key.toLowerCase())
    }
    return inner
  }

  #checkTable(tree: Tree, named: ReadonlySet<string>): void {
    const name = String(tree['table_name'])
    const schema = [tree['catalog_name'], tree['schema_name']].filter(Boolean).join('.')
    const lower = name.toLowerCase()
    if (named.has(lower) && (schema === '' || schema === 'recurring')) return
    if (schema !== '' && schema !== 'main') throw this.#refuseSchema(tree, `${schema}.${name}`)
    if (!this.#question.known.has(lower)) throw this.#refuseTable(tree, name)
    this.tables.add(lower)
  }

  #refuseSchema(tree: Tree, name: string): SqlRefused {
    return new SqlRefused(`${name} is not data that can be asked`, {
      hint: 'FROM takes the name of a dataset; DESCRIBE name shows its columns.',
      details: this.#details(tree),
    })
  }

  #refuseTable(tree: Tree, name: string): SqlRefused | SqlUnknownTable {
    if (/[./\\*:]/.test(name)) {
      return new SqlRefused(`files cannot be read by path: ${quote(name)}`, {
        hint: 'FROM takes the name of a dataset, without quotes.',
        details: this.#details(tree),
      })
    }
    const known = [...this.#question.known]
    const near = nearest(name, known)
    const list = known.slice(0, 10).join(', ')
    return new SqlUnknownTable(`there is no dataset ${quote(name)}`, {
      hint:
        near === undefined ? (list === '' ? 'There is no data yet.' : `There is ${list}.`) : `Did you mean ${near}?`,
      details: { table: name, ...(near === undefined ? {} : { nearest: near }), ...this.#details(tree) },
    })
  }

  #checkTableFunction(call: Tree): void {
    const name = String(call['function_name']).toLowerCase()
    if (tableFunctions.has(name)) return
    throw new SqlRefused(`the table function ${name} cannot be used here`, {
      hint: `Read datasets by name in FROM. Table functions: ${[...tableFunctions].join(', ')}.`,
      details: this.#details(call),
    })
  }

  #checkFunction(call: Tree): void {
    const name = String(call['function_name']).toLowerCase()
    if (isAllowedFunction(name) || tableFunctions.has(name)) return
    throw new SqlRefused(`the function ${name} cannot be used here`, {
      hint: 'Functions that reach files, settings, the environment or the catalog are closed.',
      details: this.#details(call),
    })
  }

  #checkShow(tree: Tree): void {
    if (tree['query']) return
    throw new SqlRefused('SHOW cannot be used here', {
      hint: 'DESCRIBE name shows the columns of a dataset.',
      details: this.#details(tree),
    })
  }

  #checkParameter(tree: Tree): void {
    const name = String(tree['identifier'])
    if (/^\d/.test(name)) {
      throw new SqlParameterInvalid('parameters need a name', { hint: 'Write $name instead of ? or $1.' })
    }
    if (!this.parameters.has(name.toLowerCase())) this.parameters.set(name.toLowerCase(), name)
  }

  #details(tree: Tree): Readonly<Record<string, unknown>> {
    const { text, offset } = this.#question
    return { ...locate(text, offset + Number(tree['query_location'])) }
  }
}

const quote = (name: string) => `"${name.slice(0, 100)}"`
