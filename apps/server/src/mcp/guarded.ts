import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { PlatformError, toProblem } from '@super-data/base/errors'
import type { Log } from '@super-data/base/log'

/** Runs a handler so that only errors meant for the outside leave it. @throws ProtocolError */
export async function guarded<T>(log: Log, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    if (!(error instanceof PlatformError)) log.error({ err: error }, 'an MCP request failed')
    const { kind, message, code, hint, retryable } = toProblem(error)
    const wrong = kind === 'internal' || kind === 'unavailable'
    throw new ProtocolError(wrong ? ProtocolErrorCode.InternalError : ProtocolErrorCode.InvalidParams, message, {
      code,
      retryable,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}
