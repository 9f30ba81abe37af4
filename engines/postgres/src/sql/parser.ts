import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { PostgresNotOneStatement, PostgresSyntax, PostgresTextTooLong } from '../errors.ts'
import { locate } from './location.ts'

/** PostgreSQL's own parser, compiled to WebAssembly. */
interface ParserProgram {
  loadModule(): Promise<void>
  parseSync(text: string): { readonly stmts?: readonly RawStatement[] }
  fingerprintSync(text: string): string
}

interface RawStatement {
  readonly stmt: Tree
  /** In bytes; the tree leaves out zeros. */
  readonly stmt_location?: number
  /** 0 up to the end of the text. */
  readonly stmt_len?: number
}

/** A node of the tree, never changed: its type as the only key, or the fields of one. */
export type Tree = { readonly [key: string]: unknown }

/** Texts whose trees are kept: a tool sends the same one again and again. */
const keptMax = 500
const keptCharactersMax = 4_000

const kept = new Map<string, Tree>()

let program: Promise<ParserProgram> | undefined

/**
 * Reads one statement with PostgreSQL's own grammar.
 *
 * @throws PostgresTextTooLong · PostgresSyntax · PostgresNotOneStatement
 */
export async function parseStatement(text: string, bytesMax: number): Promise<Tree> {
  checkText(text, bytesMax)
  const known = kept.get(text)
  if (known) return known
  const { stmt } = await parseOne(text, bytesMax)
  if (text.length <= keptCharactersMax) keep(text, stmt)
  return stmt
}

function keep(text: string, tree: Tree): void {
  const oldest = kept.keys().next().value
  if (kept.size >= keptMax && oldest !== undefined) kept.delete(oldest)
  kept.set(text, tree)
}

/** The statement without the semicolon and comments around it, to become part of another one. */
export async function bareStatement(text: string, bytesMax: number): Promise<string> {
  const { stmt_location: start = 0, stmt_len: length = 0 } = await parseOne(text, bytesMax)
  return Buffer.from(text)
    .subarray(start, length === 0 ? undefined : start + length)
    .toString()
}

/** Everything a function written in SQL runs. @param body its statements, or the whole CREATE FUNCTION. */
export async function parseBody(body: string, bytesMax: number): Promise<readonly unknown[]> {
  checkText(body, bytesMax)
  const statements = parse(await loaded(), body).map(({ stmt }) => stmt)
  return statements.map(stmt => (stmt['CreateFunctionStmt'] as Tree | undefined)?.['sql_body'] ?? stmt)
}

async function parseOne(text: string, bytesMax: number): Promise<RawStatement> {
  checkText(text, bytesMax)
  const parser = await loaded()
  const statements = parse(parser, text)
  if (statements.length === 1) return statements[0]!
  throw new PostgresNotOneStatement(
    statements.length === 0 ? 'there is no statement in the text' : `the text has ${statements.length} statements`,
    { hint: 'Send exactly one statement; several that belong together are a transaction.' },
  )
}

/** The same for statements that differ in their constants only. The text was parsed before. */
export async function fingerprint(text: string): Promise<string> {
  return (await loaded()).fingerprintSync(text)
}

function loaded(): Promise<ParserProgram> {
  program ??= load()
  return program
}

/**
 * Optimising the parser's one huge function takes V8 600 MB for a second, and saves a tenth of a millisecond a text: no
 * function has the number that alone would be optimised.
 */
const stayAtBaseline = '--wasm-tier-up-filter=100000000'

/** A program whose stack once overflowed is broken for good, so each load makes a new one. */
async function load(): Promise<ParserProgram> {
  // A new one each time: it remembers, and so keeps alive, everything it ever loaded.
  const require = createRequire(import.meta.url)
  for (const file of Object.keys(require.cache)) if (file.includes('/libpg-query/')) delete require.cache[file]
  setFlagsFromString(stayAtBaseline)
  const fresh = require('libpg-query') as ParserProgram
  await fresh.loadModule()
  return fresh
}

function checkText(text: string, bytesMax: number): void {
  const bytes = Buffer.byteLength(text)
  if (bytes > bytesMax) {
    throw new PostgresTextTooLong(`the statement has ${bytes} bytes; ${bytesMax} are allowed`, {
      hint: 'Pass values as parameters; long lists as one array: id = ANY($1).',
      details: { bytes, bytesMax },
    })
  }
  // The parser would see only what stands before it.
  if (text.includes('\0')) throw new PostgresSyntax('the text contains the character NUL')
  if (!text.isWellFormed()) throw new PostgresSyntax('the text is not well-formed Unicode')
  if (text.trim() === '') throw new PostgresNotOneStatement('there is no statement in the text')
}

function parse(parser: ParserProgram, text: string): readonly RawStatement[] {
  try {
    return parser.parseSync(text).stmts ?? []
  } catch (error) {
    const details = (error as { sqlDetails?: { message: string; cursorPosition: number } }).sqlDetails
    if (!details) {
      program = undefined
      throw tooDeep(error)
    }
    if (details.message.startsWith('memory exhausted')) throw tooDeep(error)
    const where = locate(text, details.cursorPosition + 1)
    throw new PostgresSyntax(details.message, { cause: error, ...(where ? { details: { ...where } } : {}) })
  }
}

function tooDeep(cause: unknown): PostgresTextTooLong {
  return new PostgresTextTooLong('the statement is nested too deeply to be read', {
    cause,
    hint: 'Split it, or pass long lists as one array parameter.',
  })
}
