import { PlatformError } from '@super-data/base/errors'

/** A `${parameter}` stands where no value can be bound. */
export class TemplatePlace extends PlatformError {
  readonly code = 'TEMPLATE_PLACE'
  readonly kind = 'invalid'
  constructor(name: string, place: string, offset: number) {
    super(`\${${name}} stands in ${place}, where a value cannot be bound`, {
      hint: 'Put it where a value may stand: parameters are bound, never pasted into the text.',
      details: { parameter: name, offset },
    })
  }
}

/** A text in which every `${name}` has become the bound variable `$name`, so that no value ever becomes program. */
export interface Template {
  readonly text: string
  /** Where the variables stand in the text, by the offset of their `$`. */
  readonly places: readonly { readonly name: string; readonly offset: number }[]
}

const placeholder = /\$\{([A-Za-z_][A-Za-z0-9_]{0,63})\}/y

/** The `${name}` that starts exactly at an offset. */
export function placeholderAt(text: string, offset: number): { name: string; length: number } | undefined {
  placeholder.lastIndex = offset
  const found = placeholder.exec(text)
  return found?.[1] === undefined ? undefined : { name: found[1], length: found[0].length }
}

/** @throws TemplatePlace when a placeholder lies between two offsets. */
export function refuseWithin(text: string, range: { start: number; end: number }, place: string): void {
  for (let at = text.indexOf('${', range.start); at >= 0 && at < range.end; at = text.indexOf('${', at + 1)) {
    const found = placeholderAt(text, at)
    if (found) throw new TemplatePlace(found.name, place, at)
  }
}
