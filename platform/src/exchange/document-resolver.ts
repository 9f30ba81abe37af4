import type { LibraryDocument } from '@super-data/contract'
import { derivedId } from '../derived-id.ts'
import { FunctionUnknown } from '../library/errors.ts'
import type { FunctionRef, FunctionResolver, PinnedFunction } from '../queries/engine.ts'
import { keyOf } from './library-document.ts'

type Pins = LibraryDocument['tools'][number]['functions']

/** Finds functions among what a document says was pinned: exactly those versions, whatever the library has. */
export class DocumentResolver implements FunctionResolver {
  readonly #pinned: readonly PinnedFunction[]

  constructor(projectId: string, document: LibraryDocument, pins: Pins) {
    const byKey = new Map(document.functions.map(each => [keyOf(each), each]))
    this.#pinned = pins.flatMap(pin => {
      const definition = byKey.get(keyOf(pin))?.definition
      if (definition === undefined) return []
      return [{ ...pin, id: derivedId('function', projectId, pin.name, pin.arity), version: 0, definition }]
    })
  }

  async resolve(refs: readonly FunctionRef[]): Promise<readonly PinnedFunction[]> {
    const missing = refs.filter(
      ({ name, arity }) => !this.#pinned.some(pin => pin.name === name && pin.arity === arity),
    )
    if (missing.length > 0)
      throw new FunctionUnknown(
        missing.map(({ name, arity }) => `${name}/${arity}`),
        undefined,
        undefined,
      )
    return this.#pinned
  }
}
