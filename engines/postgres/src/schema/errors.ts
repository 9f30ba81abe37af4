import { PlatformError } from '@super-data/base/errors'

export interface MissingObject {
  /** What was asked for, as a word: table, function, setting … */
  readonly what: string
  readonly name: string
  readonly schema?: string | undefined
  /** What is there and looks like it, best first. */
  readonly near: readonly string[]
}

/** No object of that name is there, or the login cannot see it. */
export class PostgresObjectMissing extends PlatformError {
  readonly code = 'POSTGRES_OBJECT_MISSING'
  readonly kind = 'missing'
  constructor({ what, name, schema, near }: MissingObject) {
    super(`there is no ${what} ${schema === undefined ? '' : `${JSON.stringify(schema)}.`}${JSON.stringify(name)}`, {
      hint:
        near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Names are case-sensitive; list or search to find it.',
      details: { name, near, ...(schema === undefined ? {} : { schema }) },
    })
  }
}

/** Several schemas have an object of that name, and none was named. */
export class PostgresNameAmbiguous extends PlatformError {
  readonly code = 'POSTGRES_NAME_AMBIGUOUS'
  readonly kind = 'invalid'
  constructor(name: string, schemas: readonly string[]) {
    super(`${JSON.stringify(name)} is in several schemas`, {
      hint: `Say which: ${schemas.join(', ')}.`,
      details: { name, schemas },
    })
  }
}

/** A definition is not what was announced: another statement, another target, or more than one. */
export class PostgresDefinitionInvalid extends PlatformError {
  readonly code = 'POSTGRES_DEFINITION_INVALID'
  readonly kind = 'invalid'
}

/** The cursor did not come from a page of this list. */
export class PostgresCursorInvalid extends PlatformError {
  readonly code = 'POSTGRES_CURSOR_INVALID'
  readonly kind = 'invalid'
  constructor() {
    super('the cursor is not from this list', { hint: 'Start again without a cursor.' })
  }
}
