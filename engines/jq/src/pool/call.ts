/** How the outputs of a program are told: as the elements of one array, as one value, or as they came. */
export type Shape = 'value' | 'array' | 'outputs'

/** What a program may use up. Reaching `outputs` or `bytes` is no error: the answer says that there was more. */
export interface JqLimits {
  /** Wall time from the moment a process takes the call, including the time the caller spends on items. */
  readonly timeMs: number
  /** Most items handed out. */
  readonly outputs?: number
  /** Most bytes of JSON text handed out. */
  readonly bytes: number
  readonly steps?: number
  readonly depth?: number
}

export type JqInput =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly text: string }
  | {
      readonly kind: 'file'
      readonly file: string
      readonly format: 'json' | 'ndjson'
      readonly gzip: boolean
      /** Hash of the content: two files with the same version are the same document. */
      readonly version: string
      /** Bytes of the file as it lies on disk. */
      readonly sizeBytes: number
    }

export interface JqCall {
  readonly program: string
  /** Definitions that stand before the program, each using those before it. */
  readonly definitions?: readonly string[]
  /** Name without `$` → JSON text. */
  readonly variables: Readonly<Record<string, string>>
  readonly input: JqInput
  /**
   * `document`: the whole input is `.`; an NDJSON file is the array of its records.
   * `records`: the program runs once for each element of the top-level array, or each line, in constant memory.
   */
  readonly mode: 'document' | 'records'
  /** Whoever asks: calls of different callers take turns. */
  readonly caller: string
  readonly limits: JqLimits
  readonly policy: 'stranger' | 'owner'
}

/** Some items of the answer, each as JSON text. */
export interface ItemsFrame {
  readonly shape: Shape
  readonly lines: string[]
}

// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing wants more.
export type Wish = void | false

export interface JqCallOptions {
  readonly signal?: AbortSignal
  /** Takes the items as they come. The program waits while a promise is pending; `false` stops it. */
  onItems(frame: ItemsFrame): Wish | Promise<Wish>
}

export interface JqAnswer {
  /** `array`: the one output was an array and the items are its elements; `value`: one other output; else `outputs`. */
  readonly shape: Shape
  /** Outputs the program made, one more than was handed out when it was stopped by `outputs`. */
  readonly outputs: number
  /** Items handed out. */
  readonly items: number
  /** Bytes of JSON text handed out. */
  readonly bytes: number
  /** Why items are missing: the program had at least one more when it reached a limit. */
  readonly stopped: false | 'outputs' | 'bytes' | 'caller'
}
