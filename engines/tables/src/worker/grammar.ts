import type { DuckDBConnection } from '@duckdb/node-api'
import { SqlRefused, SqlSyntax } from '../errors.ts'
import { leadingBlank, locateCharacter } from '../guard/location.ts'
import { type Inspected, inspect } from '../guard/statement.ts'
import type { TableFile } from '../table-file.ts'
import { Sandbox, type SandboxSettings } from './sandbox.ts'
import { syntaxHint } from './syntax-hint.ts'

/** Longest statement. */
const textCharsMax = 200_000

/** Most comments: the parser looks through the whole rest of the text for the end of each one that is left open. */
const commentsMax = 500

/** Statements remembered, so that a tool called again is not parsed again. */
const rememberedMax = 500

interface Serialized {
  readonly error: boolean
  readonly error_type?: string
  readonly error_message?: string
  readonly position?: string
  readonly statements?: readonly unknown[]
}

/** DuckDB's parser in a database without data: says what a statement is before it comes near any. */
export class Grammar {
  readonly #connection: DuckDBConnection
  readonly #remembered = new Map<string, Inspected>()
  #reserved: ReadonlySet<string> | undefined

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  static async open(settings: SandboxSettings): Promise<Grammar> {
    const empty = await Sandbox.open([], { ...settings, threads: 1 })
    return new Grammar(await empty.connect())
  }

  /**
   * Finds exactly one harmless statement.
   *
   * @throws SqlSyntax · SqlRefused · SqlUnknownTable · SqlParameterInvalid
   */
  async inspect(text: string, tables: readonly TableFile[]): Promise<Inspected> {
    const known = tables.map(table => table.name.toLowerCase())
    const key = JSON.stringify([text, known])
    const inspected = this.#remembered.get(key) ?? (await this.#inspectNew(text, new Set(known)))
    this.#remembered.delete(key)
    this.#remembered.set(key, inspected)
    if (this.#remembered.size > rememberedMax) this.#remembered.delete(this.#remembered.keys().next().value!)
    return inspected
  }

  async #inspectNew(text: string, known: ReadonlySet<string>): Promise<Inspected> {
    if (text.length > textCharsMax) throw new SqlRefused(`the statement is longer than ${textCharsMax} characters`)
    if (text.split('/*').length - 1 > commentsMax)
      throw new SqlRefused(`the statement has more than ${commentsMax} comments`)
    if (text.includes('\0')) throw new SqlSyntax('the text holds a NUL character')
    const prefix = explainPrefix(text)
    const offset = Buffer.byteLength(prefix)
    const serialized = await this.#serialize(text.slice(prefix.length))
    if (serialized.error) throw refuse(serialized, { text, prefix, known, reserved: await this.#reservedWords() })
    const statements = serialized.statements ?? []
    if (statements.length !== 1) throw wrongCount(statements.length)
    return inspect(statements[0], { text, offset, known })
  }

  async #reservedWords(): Promise<ReadonlySet<string>> {
    this.#reserved ??= await this.#readReserved()
    return this.#reserved
  }

  async #readReserved(): Promise<ReadonlySet<string>> {
    const text = `SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'`
    const reader = await this.#connection.runAndReadAll(text)
    return new Set(reader.getRows().map(([word]) => String(word)))
  }

  async #serialize(text: string): Promise<Serialized> {
    const reader = await this.#connection.runAndReadAll('SELECT json_serialize_sql($text::VARCHAR)', { text })
    return JSON.parse(String(reader.getRows()[0]![0])) as Serialized
  }
}

/** A statement as it came, and what its words may mean. */
interface Asked {
  readonly text: string
  readonly prefix: string
  readonly known: ReadonlySet<string>
  readonly reserved: ReadonlySet<string>
}

/** `EXPLAIN` is no part of what the parser serialises; what it explains is. */
function explainPrefix(text: string): string {
  const blank = text.slice(0, leadingBlank(text))
  const word = /^explain\b(\s+analyze\b)?/i.exec(text.slice(blank.length))
  return word ? blank + word[0] : ''
}

function refuse(serialized: Serialized, question: Asked): SqlSyntax | SqlRefused {
  if (serialized.error_type === 'parser' || serialized.error_type === 'syntax') return badSyntax(serialized, question)
  const statement = question.text.slice(question.prefix.length)
  const word = /^\w+/.exec(statement.slice(leadingBlank(statement)))?.[0]?.toUpperCase() ?? 'this'
  if (word === 'PIVOT') {
    return new SqlRefused('PIVOT needs its columns listed', {
      hint: 'Write PIVOT data ON column IN (value, …) USING sum(x).',
    })
  }
  return new SqlRefused(`${word} is not a question: only SELECT and its like may run`, {
    hint: 'Start with SELECT, WITH, VALUES, FROM, DESCRIBE, SUMMARIZE or EXPLAIN; one statement, without changes.',
  })
}

function badSyntax(serialized: Serialized, { text, prefix, known, reserved }: Asked): SqlSyntax {
  const message = serialized.error_message ?? 'this is not SQL'
  const offset = serialized.position === undefined ? undefined : Number(serialized.position) + [...prefix].length
  const near = /at or near "([^"]+)"/.exec(message)?.[1]?.toLowerCase()
  const before = [...text].slice(0, offset).join('')
  const hint = near === undefined ? undefined : syntaxHint({ near, before, known, reserved })
  return new SqlSyntax(message, {
    details: { ...(offset === undefined ? {} : locateCharacter(text, offset)) },
    ...(hint === undefined ? {} : { hint }),
  })
}

function wrongCount(count: number): SqlRefused | SqlSyntax {
  if (count === 0) return new SqlSyntax('there is no statement in the text')
  return new SqlRefused('only one statement may run at a time', {
    hint: 'Leave out everything after the first semicolon.',
  })
}
