import { readFileSync, writeFileSync } from 'node:fs'

/** Memory a process holds, in megabytes; `undefined` where the system does not tell. */
export function residentMb(pid: number): number | undefined {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return line ? Number(line[1]) / 1024 : undefined
  } catch {
    return undefined
  }
}

/** When the machine runs out of memory, the system ends this process before any other. */
export function offerToEnd(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000')
  } catch {
    // Only Linux knows this.
  }
}
