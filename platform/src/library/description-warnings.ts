/** What a description should not say to a model that reads it: orders, and talk of who is talked to. */
const suspicious: readonly { readonly pattern: RegExp; readonly warning: string }[] = [
  {
    pattern: /\b(ignore|disregard|forget|override)\b[^.]{0,40}\b(instruction|prompt|rule|previous|above|earlier)/i,
    warning: 'tells its reader to ignore instructions',
  },
  {
    pattern:
      /\b(you must|you should|you are|always|never)\b[^.]{0,60}\b(call|use|run|send|reply|answer|approve|vote|tool)/i,
    warning: 'gives orders to its reader',
  },
  {
    pattern: /\b(system prompt|assistant|as an ai|language model|jailbreak)\b/i,
    warning: 'talks about the model that reads it',
  },
  { pattern: /\b(api[ _-]?key|password|secret|token|credential)s?\b/i, warning: 'mentions credentials' },
  { pattern: /\b(approve|vote for|auto-?approve)\b/i, warning: 'talks about votes' },
  { pattern: /https?:\/\/|\bwww\./i, warning: 'holds a link' },
  { pattern: /<\/?[a-z][^>]*>|\[[^\]]*\]\([^)]*\)|```/i, warning: 'holds markup' },
]

/** Warnings for reviewers about texts that models will read. */
export function descriptionWarnings(texts: readonly string[]): string[] {
  const found = texts.flatMap(text => suspicious.filter(({ pattern }) => pattern.test(text)))
  return [...new Set(found.map(({ warning }) => `The description ${warning}.`))]
}
