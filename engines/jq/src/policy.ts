import { analyse } from './analyse.ts'
import { JqForbidden } from './errors.ts'
import type { Surrounding } from './surroundings.ts'
import type { Ast } from './syntax/ast.ts'

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
  /** `import`, `include`, `modulemeta` and `get_search_list`; always allowed when there is a library to import from. */
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

/** Whether a policy lets a program touch that part of its surroundings. */
export function permits(policy: Policy, surrounding: Surrounding, hasLibrary: boolean): boolean {
  if (surrounding === 'modules') return hasLibrary || policy.modules === true
  return policy[surrounding] ?? true
}

/** @throws JqForbidden at the first construct that is ruled out. */
export function enforcePolicy(ast: Ast, allows: (surrounding: Surrounding) => boolean): void {
  for (const { construct, surrounding, position } of analyse(ast).forbidden) {
    if (!allows(surrounding)) throw new JqForbidden(construct, position)
  }
}
