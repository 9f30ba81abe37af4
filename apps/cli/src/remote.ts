import { createClient, type OperationName, type Output } from '@super-data/contract'
import type { Connection } from './connection.ts'
import type { Shell } from './terminal.ts'

type AskAnything = (input: Record<string, unknown>, options: { signal: AbortSignal }) => Promise<unknown>

/** A server, called over HTTP. */
export function openRemote(shell: Shell, url: string, key: string | undefined): Connection {
  const client = createClient({ url, ...(key === undefined ? {} : { key }) }) as unknown as Record<
    string,
    Record<string, AskAnything>
  >
  return {
    async call<Name extends OperationName>(name: Name, input: Record<string, unknown>): Promise<Output<Name>> {
      const [area = '', verb = ''] = name.split('.')
      return (await client[area]![verb]!(input, { signal: shell.signal })) as Output<Name>
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}
