import { createRequire } from 'node:module'

/** The engines that are not ours, as far as the benchmarks use them. */
export type JqjsProgram = (input: unknown) => Iterable<unknown>

export async function jqjsCompile(): Promise<(text: string) => JqjsProgram> {
  const name: string = '@michaelhomer/jqjs'
  return ((await import(name)) as { compile: (text: string) => JqjsProgram }).compile
}

export interface JqWeb {
  raw(input: string, program: string, flags: readonly string[]): string
}

export async function jqWeb(): Promise<JqWeb> {
  return (await createRequire(import.meta.url)('jq-web')) as JqWeb
}
