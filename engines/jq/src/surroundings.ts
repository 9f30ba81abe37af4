/** The part of the surroundings a construct touches; each can be ruled out by a policy. */
export type Surrounding = 'env' | 'inputs' | 'debug' | 'halt' | 'modules' | 'inputFilename'

/** Builtins that reach outside the program. */
const surroundings: ReadonlyMap<string, Surrounding> = new Map<string, Surrounding>([
  ['env/0', 'env'],
  ['input/0', 'inputs'],
  ['inputs/0', 'inputs'],
  ['input_line_number/0', 'inputs'],
  ['debug/0', 'debug'],
  ['debug/1', 'debug'],
  ['stderr/0', 'debug'],
  ['halt/0', 'halt'],
  ['halt_error/0', 'halt'],
  ['halt_error/1', 'halt'],
  ['modulemeta/0', 'modules'],
  ['get_search_list/0', 'modules'],
  ['input_filename/0', 'inputFilename'],
])

/** What a builtin, as `name/arity`, touches outside its program. */
export function surroundingOf(key: string): Surrounding | undefined {
  return surroundings.get(key)
}
