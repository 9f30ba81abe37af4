import { analyse } from './analyse.ts'
import { JqForbidden, JqUnknownModule } from './errors.ts'
import type { Surrounding } from './surroundings.ts'
import type { Ast } from './syntax/ast.ts'
import { positionAt } from './syntax/position.ts'

/** What a program may use of its surroundings. What is left out is allowed, modules excepted. */
export interface Policy {
  /** `env` and `$ENV`: what the caller of a run gives it, never the process environment. */
  readonly env?: boolean
  /** `input`, `inputs` and `input_line_number`. */
  readonly inputs?: boolean
  /** `debug` and `stderr`. */
  readonly debug?: boolean
  /** `halt` and `halt_error`. */
  readonly halt?: boolean
  /** `import`, `include`, `modulemeta` and `get_search_list`. */
  readonly modules?: boolean
  /** `input_filename`. */
  readonly inputFilename?: boolean
}

/** For programs of people we do not know: nothing but the input and the bound variables. */
export const strangerPolicy: Policy = {
  env: false,
  inputs: false,
  debug: false,
  halt: false,
  modules: false,
  inputFilename: false,
}

export function permits(policy: Policy, surrounding: Surrounding): boolean {
  return policy[surrounding] ?? surrounding !== 'modules'
}

/** @throws JqForbidden at the first construct the policy rules out · JqUnknownModule for an import it allows. */
export function enforcePolicy(ast: Ast, policy: Policy): void {
  for (const { construct, surrounding, position } of analyse(ast).forbidden) {
    if (!permits(policy, surrounding)) throw new JqForbidden(construct, position)
  }
  const [first] = ast.imports
  if (first) throw new JqUnknownModule({ name: first.path, position: positionAt(ast.text, first.start) })
}
