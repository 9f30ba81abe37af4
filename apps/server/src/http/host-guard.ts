import type { IncomingMessage } from 'node:http'
import { plainAddress } from './credentials.ts'
import { HostRefused, OriginRefused } from './errors.ts'

export interface HostGuardSettings {
  /** What the server is bound to; a wildcard address means every address of the machine. */
  readonly host: string
  readonly publicUrl: URL | undefined
}

const localNames = new Set(['localhost', '127.0.0.1', '[::1]'])
const wildcards = new Set(['0.0.0.0', '::', ''])

/**
 * Refuses requests that a browser was tricked into sending: those whose Host is not this server, and those from
 * pages of another site. Names are compared without regard to the port where a forwarded port may differ.
 */
export class HostGuard {
  readonly #settings: HostGuardSettings
  constructor(settings: HostGuardSettings) {
    this.#settings = settings
  }

  /** @throws HostRefused · OriginRefused */
  check(incoming: IncomingMessage): void {
    const local = localAddress(incoming)
    if (!this.#isOurs(hostName(incoming.headers.host), incoming.headers.host, local)) throw new HostRefused()
    const origin = incoming.headers.origin
    if (origin !== undefined && !this.#isOurOrigin(origin, local)) throw new OriginRefused()
  }

  #isOurOrigin(origin: string, local: string): boolean {
    if (origin === this.#settings.publicUrl?.origin) return true
    const url = URL.canParse(origin) ? new URL(origin) : undefined
    const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
    return isWeb && url.host !== this.#settings.publicUrl?.host && this.#isOurs(url.hostname, url.host, local)
  }

  #isOurs(name: string | undefined, hostWithPort: string | undefined, local: string): boolean {
    if (name === undefined) return false
    if (localNames.has(name)) return true
    if (hostWithPort?.toLowerCase() === this.#settings.publicUrl?.host) return true
    const bound = this.#settings.host
    // An address cannot be rebound as a name can: on a wildcard the one the connection arrived at is ours.
    return wildcards.has(bound) ? name === bracketed(local) : name === bracketed(bound.toLowerCase())
  }
}

/** The name in a Host header, lower case, without the port. Undefined when it is not a plain host. */
function hostName(header: string | undefined): string | undefined {
  if (header === undefined || !/^[A-Za-z0-9.:[\]-]+$/.test(header)) return undefined
  return URL.canParse(`http://${header}`) ? new URL(`http://${header}`).hostname : undefined
}

function localAddress(incoming: IncomingMessage): string {
  return plainAddress(incoming.socket.localAddress ?? '')
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
