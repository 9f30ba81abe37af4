import type { ServerContext } from '@modelcontextprotocol/server'
import type { Progress } from '@super-data/platform'

/** Hands progress on to a client that asked for it: one message in flight, only the newest of the others kept. */
export class ProgressRelay {
  readonly #context: ServerContext
  readonly #token: string | number
  #sending: Promise<void> | undefined
  #next: Progress | undefined

  private constructor(context: ServerContext, token: string | number) {
    this.#context = context
    this.#token = token
  }

  /** Undefined when the client did not ask. */
  static for(context: ServerContext): ProgressRelay | undefined {
    const token = context.mcpReq._meta?.progressToken
    return token === undefined ? undefined : new ProgressRelay(context, token)
  }

  add(progress: Progress): void {
    this.#next = progress
    this.#sending ??= this.#send()
  }

  /** Resolves when everything was sent: nothing may follow the result. */
  async drain(): Promise<void> {
    await this.#sending
  }

  async #send(): Promise<void> {
    for (let progress = this.#next; progress; progress = this.#next) {
      this.#next = undefined
      await this.#context.mcpReq
        .notify({ method: 'notifications/progress', params: toParams(progress, this.#token) })
        .catch(() => undefined) // The client left: its call is being cancelled anyway.
    }
    this.#sending = undefined
  }
}

function toParams(progress: Progress, progressToken: string | number) {
  return {
    progressToken,
    progress: progress.done,
    ...(progress.total === undefined ? {} : { total: progress.total }),
    ...(progress.message === undefined ? {} : { message: progress.message }),
  }
}
