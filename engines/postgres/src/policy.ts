/** What the owner of a source decides about it. */
export interface PostgresPolicy {
  /** Functions that may be called although the rules would refuse them: `name`, or `schema.name`. */
  readonly allowFunctions?: readonly string[]
  /** Functions nobody may call, although the rules would let them through. */
  readonly denyFunctions?: readonly string[]
  /** Tables and views nobody may name: `name`, `schema.name`, or `schema.*`. */
  readonly denyTables?: readonly string[]
  /** Schemas unqualified names are looked up in; default: as the role has it. */
  readonly searchPath?: readonly string[]
  /** Open although a login could do anything, a superuser's for instance. Said aloud in `findings`. */
  readonly allowSuperuser?: boolean
}
