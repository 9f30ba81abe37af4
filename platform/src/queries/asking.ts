import type { EngineName, JsonValue } from '@super-data/contract'
import type { Principal } from '../principal.ts'

export interface QuestionSettings {
  readonly timeMs: number
  readonly resultBytesMax: number
}

/** A question as somebody wrote it. */
export interface Question {
  readonly engine: EngineName
  readonly source: string | undefined
  readonly text: string
  readonly mode: 'document' | 'records'
}

export interface Asking {
  readonly project: string
  readonly principal: Principal
  readonly params: Readonly<Record<string, JsonValue>>
  readonly maxRows: number
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** When a tool asks: its name and what was approved. */
  readonly tool?: {
    readonly name: string
    readonly hash: string
    readonly draft: boolean
    readonly secrets: readonly string[]
  }
}
