import { PlatformError } from '@super-data/base/errors'
import { type EngineName, operations } from '@super-data/contract'
import { Argument, Command, Option } from 'commander'
import { type CallOptions, callAndShow, withCallOptions } from '../call-options.ts'
import { optionFields, parseFields, toOption } from '../derive.ts'
import { Hinted } from '../errors.ts'
import { fieldsOf } from '../fields.ts'
import { guessEngine, looksLikeSql } from '../guess-engine.ts'
import { readText } from '../input-text.ts'
import { collectParam, type Params } from '../params.ts'
import { failedCall, requestIdOf } from '../request-id.ts'
import type { Shell } from '../terminal.ts'

type AskOptions = CallOptions & Record<string, string | boolean> & { readonly param?: Params }

/** `ask TEXT`: `queries ask`, with the engine guessed and parameters by name. */
export function askCommand(shell: Shell): Command {
  const operation = operations['queries.ask']
  const fields = fieldsOf(operation)
  const command = new Command('ask').description('Ask a question of the data, in SQL or jq.')
  command.addArgument(new Argument('<text>', 'The query; @file and - (standard input) work too. Parameters are $name.'))
  for (const field of optionFields(operation, fields)) {
    if (field.name === 'engine') command.addOption(toOption({ ...field, required: false, about: engineAbout }))
    else if (field.name !== 'params') command.addOption(toOption(field))
  }
  command.addOption(new Option('--param <name=value>', 'A parameter; repeat it for more.').argParser(collectParam))
  withCallOptions(command).addHelpText('after', help)
  return command.action(async (given: string, options: AskOptions) => {
    const text = await readText(given, shell)
    const asked = await parseFields(fields, optionValues(command.optsWithGlobals()), shell)
    const input = { engine: engineFor(text, asked['source']), ...asked, text, params: options.param ?? {} }
    try {
      await callAndShow(shell, 'queries.ask', input, command.optsWithGlobals<CallOptions>(), ['ask', given])
    } catch (error) {
      throw asked['engine'] === undefined && isSqlTakenForJq(error, text) ? hinted(error) : error
    }
  })
}

/** SQL over datasets names them in its text: SQL with a source is for a database. */
function engineFor(text: string, source: unknown): EngineName {
  const guessed = guessEngine(text)
  return guessed === 'sql' && source !== undefined ? 'postgres' : guessed
}

/** jq could not read it, and its words are those of SQL: a slip in the first word is all it takes. */
function isSqlTakenForJq(error: unknown, text: string): error is PlatformError {
  return error instanceof PlatformError && error.code === 'JQ_SYNTAX' && looksLikeSql(text)
}

function hinted(error: PlatformError): unknown {
  const better = new Hinted(error, 'This looks like SQL; use --engine sql.')
  const requestId = requestIdOf(error)
  return requestId === undefined ? better : failedCall(better, requestId)
}

function optionValues({ param: _, ...options }: AskOptions): Readonly<Record<string, string | boolean>> {
  return options as Record<string, string | boolean>
}

const engineAbout = 'sql (DuckDB), jq or postgres; without it, told from how the query begins, and the source.'

const help = `
Examples:
  super-data ask 'SELECT customer, sum(total) FROM orders GROUP BY 1'
  super-data ask '.[] | select(.total > $min) | .id' --source orders --param min=100
  super-data ask 'SELECT * FROM orders WHERE id = $id' --source shop --param id=7    # a PostgreSQL source
  super-data ask @report.sql --json`
