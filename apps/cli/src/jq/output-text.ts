import { printJson, type Value } from '@super-data/jq'
import type { Shell } from '../terminal.ts'
import type { JqOutput } from './command-line.ts'

/** Characters gathered before they are written. */
const writeAt = 65_536

/** Writes outputs as the options say, many at a time. */
export class OutputText {
  readonly #shell: Shell
  readonly #style: JqOutput
  readonly #colour: boolean
  #pending = ''

  constructor(shell: Shell, style: JqOutput) {
    this.#shell = shell
    this.#style = style
    this.#colour = style.colour ?? shell.terminal.colour
  }

  write(value: Value): void {
    this.#pending += this.#print(value) + this.#style.end
    if (this.#pending.length >= writeAt) this.flush()
  }

  flush(): void {
    if (this.#pending !== '') this.#shell.terminal.stdout.write(this.#pending)
    this.#pending = ''
  }

  #print(value: Value): string {
    const { raw, ascii, indent, sortKeys } = this.#style
    if (raw && typeof value === 'string' && !ascii) return value
    return printJson(value, { indent, sortKeys, ascii, colour: this.#colour })
  }
}
