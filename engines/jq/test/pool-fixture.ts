import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@super-data/base/clock'
import type { JqAnswer, JqCall, JqCallOptions, JqInput } from '../src/pool/call.ts'
import { JqPool, type JqPoolSettings } from '../src/pool/jq-pool.ts'

export interface Told extends JqAnswer {
  readonly lines: string[]
}

/** A pool small enough that bombs go off soon. */
export function openPool(settings: Partial<JqPoolSettings> = {}): Promise<JqPool> {
  return JqPool.open({ memoryMb: 64, ...settings }, { clock: systemClock })
}

/** A stranger's call on no input, with room for everything but loops. */
export function callOf(program: string, more: Partial<JqCall> = {}): JqCall {
  return {
    program,
    variables: {},
    input: { kind: 'none' },
    mode: 'document',
    caller: 'alice',
    limits: { timeMs: 20_000, bytes: 10_000_000 },
    policy: 'stranger',
    ...more,
  }
}

/** Runs a call and keeps every line it gives. */
export async function ask(
  pool: JqPool,
  call: JqCall,
  options: { readonly signal?: AbortSignal; readonly onItems?: JqCallOptions['onItems'] } = {},
): Promise<Told> {
  const lines: string[] = []
  const answer = await pool.run(call, {
    ...options,
    onItems: frame => {
      lines.push(...frame.lines)
      return options.onItems?.(frame)
    },
  })
  return { ...answer, lines }
}

export function json(value: unknown): JqInput {
  return { kind: 'json', text: JSON.stringify(value) }
}

/** A folder for data, gone with the test. */
export class DataFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'jq-pool-data-'))

  file(name: string, content: string | Uint8Array, version = name): Extract<JqInput, { kind: 'file' }> {
    const file = join(this.path, name)
    writeFileSync(file, content)
    const format = name.includes('ndjson') ? 'ndjson' : 'json'
    return { kind: 'file', file, format, gzip: name.endsWith('.gz'), version, sizeBytes: statSync(file).size }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Looks again and again until it is so. */
export async function until(isSo: () => boolean, timeMs = 25_000): Promise<void> {
  const end = systemClock.elapsed() + timeMs
  while (!isSo()) {
    if (systemClock.elapsed() > end) throw new Error('it did not come to that in time')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
