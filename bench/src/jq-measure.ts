import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'

/** How often a running process is asked for its peak memory. */
const lookEveryMs = 10

export interface Measured {
  readonly ms: number
  /** Most memory the process ever held. */
  readonly peakBytes: number
  readonly output: string
}

/** Runs a process to its end. Its peak is the kernel's own mark, read until it is gone. */
export async function measureProcess(command: string, args: readonly string[], keepOutput = true): Promise<Measured> {
  const started = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', keepOutput ? 'pipe' : 'ignore', 'inherit'] })
  const watch = new PeakWatch(child.pid ?? 0)
  let output = ''
  child.stdout?.on('data', chunk => {
    output += String(chunk)
  })
  const code = await new Promise(resolve => child.once('close', resolve))
  const ms = performance.now() - started
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
  return { ms, peakBytes: watch.stop(), output }
}

/** Follows the peak memory of a process that somebody else owns. */
export class PeakWatch {
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  #peakBytes = 0

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => this.#look(), lookEveryMs)
  }

  stop(): number {
    this.#look()
    clearInterval(this.#timer)
    return this.#peakBytes
  }

  #look(): void {
    this.#peakBytes = Math.max(this.#peakBytes, peakBytes(this.#pid))
  }
}

/** The high-water mark of a process, 0 when it is gone. */
export function peakBytes(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
export const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`
export const micros = (ms: number) => (ms < 1 ? `${(ms * 1000).toFixed(1)} µs` : `${ms.toFixed(2)} ms`)
export const times = (ratio: number) => `${ratio.toFixed(2)}x`

/** What else the machine is doing. */
export const load = () => `load average ${loadavg()[0]?.toFixed(1)}`
