import type { Ast, Import } from '../syntax/ast.ts'
import { constantValue } from '../syntax/constant.ts'
import type { JqObject } from '../value/value.ts'

/** What a module says about itself: its metadata, what it imports, and what it defines. */
export function moduleMetadata({ metadata, imports, definitions }: Ast): JqObject {
  return {
    ...(metadata ? (constantValue(metadata) as JqObject) : {}),
    deps: imports.map(dependency),
    defs: definitions.map(({ name, params }) => `${name}/${params.length}`),
  }
}

function dependency({ path, alias, metadata }: Import): JqObject {
  return {
    ...(metadata ? (constantValue(metadata) as JqObject) : {}),
    ...(alias ? { as: alias.name } : {}),
    is_data: alias?.data ?? false,
    relpath: path,
  }
}
