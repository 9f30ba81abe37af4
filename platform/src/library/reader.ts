import type { Kysely } from 'kysely'
import type { LibraryTables } from '../state/library.ts'

/** A transaction of the library, or the readers beside it. */
export type Reader = Kysely<LibraryTables>
