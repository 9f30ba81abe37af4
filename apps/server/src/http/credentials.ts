import type { IncomingMessage } from 'node:http'
import type { Credentials } from '@super-data/platform'
import { AuthorizationMalformed, HeaderRepeated } from './errors.ts'

const onlyOnce = ['authorization', 'x-user-id', 'x-idempotency-key', 'mcp-session-id', 'host', 'origin']

/**
 * What a request carries that could say who is calling.
 *
 * @throws HeaderRepeated · AuthorizationMalformed
 */
export function readCredentials(incoming: IncomingMessage): Credentials {
  const bearer = bearerToken(incoming.headers.authorization)
  const userHeader = incoming.headers['x-user-id']
  const address = incoming.socket.remoteAddress
  return {
    ...(bearer === undefined ? {} : { bearer }),
    ...(typeof userHeader === 'string' ? { userHeader } : {}),
    ...(address === undefined ? {} : { address: plainAddress(address) }),
  }
}

/** Node keeps the first of some repeated headers and joins others: only the raw list tells. @throws HeaderRepeated */
export function refuseRepeatedHeaders(incoming: IncomingMessage): void {
  const seen = new Set<string>()
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    const name = incoming.rawHeaders[index]!.toLowerCase()
    if (seen.has(name) && onlyOnce.includes(name)) throw new HeaderRepeated(name)
    seen.add(name)
  }
}

/** The token of an `Authorization` header. @throws AuthorizationMalformed */
export function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const match = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)
  if (!match) throw new AuthorizationMalformed()
  return match[1]
}

/** An IPv4 address that came over an IPv6 socket, as itself. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}
