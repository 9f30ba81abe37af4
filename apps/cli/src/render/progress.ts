import type { Progress } from '@super-data/platform'
import type { Terminal } from '../terminal.ts'
import { cutText } from './text-width.ts'

const barWidth = 24

/** Draws how far long work has come, on one line of a screen; silent anywhere else. */
export class ProgressLine {
  readonly #terminal: Terminal
  #drawn = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  show(progress: Progress): void {
    if (!this.#terminal.live) return
    this.#terminal.stderr.write(`\r\u001b[K${cutText(progressText(progress), (this.#terminal.width ?? 80) - 1)}`)
    this.#drawn = true
  }

  clear(): void {
    if (this.#drawn) this.#terminal.stderr.write('\r\u001b[K')
    this.#drawn = false
  }
}

export function progressText({ done, total, message }: Progress): string {
  const counted = total === undefined || total === 0 ? `${done}` : `${bar(done / total)} ${done}/${total}`
  return message === undefined ? counted : `${counted} ${message}`
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth)
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${Math.floor(share * 100)}%`
}
