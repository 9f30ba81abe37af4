import type { Shell } from './terminal.ts'

interface Key {
  readonly ctrl?: boolean
  readonly name?: string
}

/** Fires when nobody will answer a question any more: the command was stopped, or what is typed has an end. */
export function answersEnd({ terminal: { stdin }, signal }: Shell): AbortSignal {
  const ended = new AbortController()
  const end = () => ended.abort()
  stdin.once('end', end).once('close', end)
  // A screen has no end of its own: Ctrl-D stands for it.
  stdin.on('keypress', (_text: string | undefined, key: Key) => (key.ctrl && key.name === 'd' ? end() : undefined))
  return AbortSignal.any([signal, ended.signal])
}
