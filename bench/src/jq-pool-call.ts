import { systemClock } from '@super-data/base/clock'
import { type JqCall, type JqInput, JqPool, type JqPoolSettings } from '@super-data/jq'
import type { DataFile } from './jq-data.ts'

export function openPool(settings: Partial<JqPoolSettings> = {}): Promise<JqPool> {
  return JqPool.open(settings, { clock: systemClock })
}

export function fileInput({ file, bytes }: DataFile): JqInput {
  return {
    kind: 'file',
    file,
    format: file.endsWith('.ndjson') ? 'ndjson' : 'json',
    gzip: false,
    version: file,
    sizeBytes: bytes,
  }
}

export function callOf(program: string, input: JqInput, more: Partial<JqCall> = {}): JqCall {
  return {
    program,
    variables: {},
    input,
    mode: 'document',
    caller: 'alice',
    limits: { timeMs: 120_000, bytes: 1e12 },
    policy: 'stranger',
    ...more,
  }
}

/** Runs a call; its lines are kept, or only counted. */
export async function ask(pool: JqPool, call: JqCall, keep = true): Promise<string> {
  let text = ''
  await pool.run(call, {
    onItems: ({ lines }) => {
      if (keep) text += `${lines.join('\n')}\n`
    },
  })
  return text
}

/** Peak memory of all processes of a pool; only meaningful for one that is fresh. */
export function poolPids(pool: JqPool): number[] {
  return pool.stats().processes.map(({ pid }) => pid)
}
