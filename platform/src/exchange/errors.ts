import { PlatformError } from '@super-data/base/errors'

/** A library document says something else than its hashes vouch for, or leaves out what it uses. */
export class DocumentInvalid extends PlatformError {
  readonly code = 'LIBRARY_DOCUMENT_INVALID'
  readonly kind = 'invalid'
  constructor(mistakes: readonly string[]) {
    super(`the document is not as it was exported: ${mistakes[0]}`, {
      hint: 'Export it again; a document is not to be edited by hand.',
      details: { mistakes: mistakes.slice(0, 100) },
    })
  }
}

/** What a document brings is here under the same name, and differs. */
export class ImportConflict extends PlatformError {
  readonly code = 'IMPORT_CONFLICT'
  readonly kind = 'conflict'
  constructor(names: readonly string[]) {
    super(`${names.length === 1 ? `${names[0]} is` : `${names.length} of them are`} here already, and not the same`, {
      hint: 'See the differences with `dryRun`; `onConflict: version` adds versions, `onConflict: skip` leaves what is here.',
      details: { names: names.slice(0, 100) },
    })
  }
}

/** To check and bring in what a document holds takes longer than one call may. */
export class ImportTooLong extends PlatformError {
  readonly code = 'IMPORT_TOO_LONG'
  readonly kind = 'limited'
  override readonly retryable = false
  constructor(maxMs: number) {
    super(`this document takes more than ${maxMs / 1000} seconds`, {
      hint: 'Export fewer tools at once (`tools`), and import one document after the other.',
    })
  }
}
