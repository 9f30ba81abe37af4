import { userInfo } from 'node:os'
import type { OperationName, Output } from '@super-data/contract'
import type { Installation } from '@super-data/server'
import type { CallHooks, Connection } from './connection.ts'
import { failedCall, newRequestId } from './request-id.ts'
import type { Shell } from './terminal.ts'

/** An installation within this process, called as the operating-system user. Closing it closes the installation. */
export class InstallationConnection implements Connection {
  readonly #installation: Installation
  readonly #shell: Shell

  constructor(installation: Installation, shell: Shell) {
    this.#installation = installation
    this.#shell = shell
  }

  async call<Name extends OperationName>(
    name: Name,
    input: Record<string, unknown>,
    options: CallHooks = {},
  ): Promise<Output<Name>> {
    const requestId = newRequestId()
    const request = { credentials: { local: localUser() }, door: 'cli', requestId, signal: this.#shell.signal } as const
    try {
      return (await this.#installation.platform.call(name, input, { ...request, ...options })).output
    } catch (error) {
      throw failedCall(error, requestId)
    }
  }

  close(): Promise<void> {
    return this.#installation.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Who runs this process; a user id without a name stands for itself. */
export function localUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
