import type { PlatformError } from '@super-data/base/errors'
import { MethodNotAllowed, RouteMissing } from './errors.ts'

/** Knows which methods an address has, to tell an address that does not exist from a method it does not take. */
export class RouteTable {
  readonly #routes: { readonly pattern: RegExp; readonly method: string }[] = []

  add(routes: readonly { readonly method: string; readonly path: string }[]): void {
    for (const { method, path } of routes) if (method !== 'ALL') this.#routes.push({ method, pattern: toPattern(path) })
  }

  /** The error for a request that no route took. */
  refusal(path: string): PlatformError {
    const methods = this.#routes.filter(route => route.pattern.test(path)).map(route => route.method)
    return methods.length === 0 ? new RouteMissing() : new MethodNotAllowed([...new Set(methods)].sort())
  }
}

/** `:name` is one segment, `:name{.+}` the rest. */
function toPattern(path: string): RegExp {
  const parts = path.split('/').map(part => {
    if (part.endsWith('{.+}')) return '.+'
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('/')}/?$`)
}
