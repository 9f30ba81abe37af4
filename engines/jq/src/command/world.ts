/** Bytes to read, waiting for them: what the command reads from a file or standard input. */
export interface ByteSource {
  /** The next bytes; `undefined` at the end. */
  read(): Uint8Array | undefined
  close(): void
}

/** Takes text at once. */
export interface TextSink {
  /** @throws OutputGone when nobody reads any more. */
  write(text: string): void
}

/** Everything a command line can reach. Whoever starts the command hands it in. */
export interface CommandWorld {
  /** How the command is called, for its help. */
  readonly name: string
  /** What `env` shows; `JQ_COLORS` and `NO_COLOR` are read from it too. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** What file names are relative to. */
  readonly cwd: string
  readonly stdin: ByteSource
  readonly stdout: TextSink
  readonly stderr: TextSink
  /** Whether somebody looks at standard output, or types standard input. */
  readonly terminal: { readonly stdin: boolean; readonly stdout: boolean }
  readonly signal?: AbortSignal
}

/** Whoever read the output has seen enough. */
export class OutputGone extends Error {}
