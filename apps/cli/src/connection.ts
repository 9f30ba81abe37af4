import type { OperationName, Output } from '@super-data/contract'
import type { Progress } from '@super-data/platform'

/** Where operations are called: a server, or an installation within this process. */
export interface Connection extends AsyncDisposable {
  /** @throws PlatformError */
  call<Name extends OperationName>(
    name: Name,
    input: Record<string, unknown>,
    options?: CallHooks,
  ): Promise<Output<Name>>
  close(): Promise<void>
}

export interface CallHooks {
  readonly onProgress?: (progress: Progress) => void
}

/** Whether a server of ours answers, within a second. */
export async function answersAt(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
