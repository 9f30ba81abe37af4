import type { Login } from '../login.ts'
import { type ClientInternals, WireConnection, type WireInternals } from './driver.ts'

const cancelMsMax = 2_000

/**
 * Asks the server to cancel what a connection is running. Cancels go to a backend, not to a statement: until this has
 * ended, the backend must not be given anything else to do.
 *
 * Never throws: a cancel that does not arrive shows in the statement going on.
 */
export function sendCancel(login: Login, client: ClientInternals): Promise<void> {
  const { processID, secretKey } = client
  if (processID === null || secretKey === null) return Promise.resolve()
  const wire = new WireConnection({ ssl: login.ssl ?? false })
  const internals = wire as unknown as WireInternals
  const { promise, resolve } = Promise.withResolvers<void>()
  const late = setTimeout(() => wire.stream.destroy(), cancelMsMax)
  wire.on('error', () => wire.stream.destroy())
  wire.on('end', () => resolve())
  const cancel = () => internals.cancel(processID, secretKey)
  wire.on('connect', () => (login.ssl ? internals.requestSsl() : cancel()))
  wire.on('sslconnect', cancel)
  const { host, port } = login
  if (host.startsWith('/')) internals.connect(`${host}/.s.PGSQL.${port}`)
  else internals.connect(port, host)
  return promise.finally(() => clearTimeout(late))
}
