import { PlatformError } from '@super-data/base/errors'
import { nearest } from '@super-data/base/nearest'

/** A query uses a `$name` that is not one of its parameters. */
export class ParameterUnknown extends PlatformError {
  readonly code = 'PARAMETER_UNKNOWN'
  readonly kind = 'invalid'
  constructor(name: string, known: readonly string[], position?: unknown) {
    const near = nearest(name, known)
    const others = known.length === 0 ? '' : ` There are: ${known.map(each => `$${each}`).join(', ')}.`
    super(`$${name} is not a parameter`, {
      hint: near
        ? `Did you mean $${near}?`
        : `Asking, give ${name} a value in \`params\`; in a tool, declare it in \`parameters\`.${others}`,
      ...(position === undefined ? {} : { details: { position } }),
    })
  }
}

/** A whole number arrived that JSON as numbers cannot hold exactly: its last digits are lost already. */
export class NumberInexact extends PlatformError {
  readonly code = 'NUMBER_INEXACT'
  readonly kind = 'invalid'
  constructor(path: string) {
    super(`${path} is a whole number beyond ±(2^53 - 1), which lost its last digits on the way here`, {
      hint: 'Send it as a text, and write `$name | tonumber` in jq, `$name::HUGEINT` in SQL, `$name::numeric` in PostgreSQL.',
      details: { path },
    })
  }
}

/** No such run, or it belongs to another project. */
export class RunMissing extends PlatformError {
  readonly code = 'RUN_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('there is no such run', { hint: '`queries runs` lists the latest ones.' })
  }
}

/** No such result, or it has been cleared away. */
export class ResultMissing extends PlatformError {
  readonly code = 'RESULT_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('there is no such result any more', { hint: 'Results are kept for a day. Ask again.' })
  }
}

/** The cursor is not one that a read returned. */
export class ResultCursorInvalid extends PlatformError {
  readonly code = 'RESULT_CURSOR_INVALID'
  readonly kind = 'invalid'
  constructor() {
    super('the cursor does not belong to this result', { hint: 'Use the cursor of the previous read, unchanged.' })
  }
}
