import type { Output } from '@super-data/contract'
import { type OutputStyle, renderOutput } from './output.ts'

/** Tools with the names of their parameters, those that may be left out with a question mark. */
export function renderTools({ items, cursor }: Output<'tools.list'>, style: OutputStyle): string {
  const named = items.map(({ parameters, ...tool }) => ({ ...tool, parameters: parameterNames(parameters) }))
  return renderOutput({ items: named, cursor }, style)
}

/** Functions without their ids and hashes: `functions get` has them. */
export function renderFunctions({ items, cursor }: Output<'functions.list'>, style: OutputStyle): string {
  const named = items.map(({ id: _, hash: __, uses, ...each }) => ({
    ...each,
    uses: uses.map(used => `${used.name}/${used.arity}`).join(', ') || null,
  }))
  return renderOutput({ items: named, cursor }, style)
}

type Schema = Output<'tools.list'>['items'][number]['parameters']

function parameterNames({ properties, required }: Schema): string | null {
  const needed = new Set(Array.isArray(required) ? required : [])
  const asked = Object.entries(properties ?? {}).filter(([, schema]) => !('fromCaller' in Object(schema)))
  return asked.map(([name]) => (needed.has(name) ? name : `${name}?`)).join(', ') || null
}
