import {
  type GetPromptResult,
  type ListPromptsResult,
  type Prompt,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server'
import type { PostgresView } from './postgres-view.ts'
import type { McpPrompts, McpScope } from './registry.ts'

type Arguments = Readonly<Record<string, string>>

/** A prompt and what it says, given its arguments. */
export interface WrittenPrompt {
  readonly listed: Prompt
  write(given: Arguments): string
}

const source = {
  name: 'source',
  description: 'PostgreSQL source; needed only when there are several.',
  required: false,
}

/** Ways of working with a PostgreSQL source, step by step, with the tools that are there for it. */
export const postgresPrompts: readonly WrittenPrompt[] = [
  {
    listed: {
      name: 'analyze_query_performance',
      title: 'Why is this query slow?',
      description: 'Explains a query, looks at its tables and recommends what to change.',
      arguments: [{ name: 'sql', description: 'The query.', required: true }, source],
    },
    write: given => `Find out why this query is slow${inSource(given)} and what to do about it.

${asData('sql', given['sql'] ?? '')}

1. \`pg_query\` explain with analyze and buffers. Read the findings first, then the plan: where does the time go, where are estimates far off?
2. \`pg_schema\` describe and \`pg_admin\` stats for every table the plan reads much of: indexes, row counts, when it was last analyzed.
3. When an index seems to be missing, try it: explain again with \`hypotheticalIndexes\`, and compare the cost.
4. Answer with the cause, the evidence (numbers), one recommended change, what it costs (writes, space, locks), and how to undo it. Do not change anything yourself.`,
  },
  {
    listed: {
      name: 'debug_lock_contention',
      title: 'Who blocks whom?',
      description: 'Finds the session at the root of a lock queue and the way out.',
      arguments: [source],
    },
    write: given => `Something waits for locks${inSource(given)}. Find the session at the root of it.

1. \`pg_monitor\` locks: the tree shows who blocks whom, with statements and ages.
2. \`pg_monitor\` activity with idle: is the blocker working, or idle in a transaction?
3. \`pg_tx\` list: is it one of our own sessions?
4. Say which session to end and what is lost with it (uncommitted work). Ask before you use \`pg_admin\` cancel: a canceled statement first, a terminated connection only when that does not help.
5. Say what would keep it from happening again: shorter transactions, lock_timeout, another order of updates.`,
  },
  {
    listed: {
      name: 'design_schema',
      title: 'Design tables',
      description: 'Designs tables for a need, beside those that are there.',
      arguments: [{ name: 'need', description: 'What the tables are for.', required: true }, source],
    },
    write: given => `Design tables${inSource(given)} for this need.

${asData('text', given['need'] ?? '')}

1. \`pg_schema\` search and describe: what exists already, how are keys, names and types chosen here? Follow it.
2. Propose tables: columns with types and nullability, primary keys, foreign keys, unique and check constraints, the indexes that the expected queries need, comments.
3. Check it: \`pg_schema\` create with \`dryRun\` for each table, in order.
4. Show the statements and the reasons for what somebody might have done otherwise. Create nothing before you are told to.`,
  },
  {
    listed: {
      name: 'safe_migration',
      title: 'Change a live table safely',
      description: 'Plans a change in steps that lock briefly and can be undone.',
      arguments: [
        { name: 'change', description: 'What should be different.', required: true },
        { name: 'table', description: 'The table.', required: false },
        source,
      ],
    },
    write: given => `Plan this change${inSource(given)} so that the application keeps working meanwhile.

${asData('text', [given['table'] && `table: ${given['table']}`, given['change']].filter(Boolean).join('\n'))}

1. \`pg_schema\` describe the table: size, row estimate, keys both ways, dependents.
2. \`pg_schema\` alter with \`dryRun\` for each step: it says the lock level, whether the table is rewritten, and whom it touches.
3. Where a step locks for long, split it: add a column without default then fill it in batches, NOT VALID then VALIDATE, CREATE INDEX CONCURRENTLY, expand then contract.
4. Give the steps in order, each with its lock, its expected time, how to check that it worked, and how to undo it. Carry out nothing before you are told to.`,
  },
  {
    listed: {
      name: 'diagnose_slow_db',
      title: 'Why is the database slow?',
      description: 'Looks at health, load, locks and the costliest statements.',
      arguments: [source],
    },
    write: given => `The database is slow${inSource(given)}. Find out why.

1. \`pg_monitor\` health: severe findings first.
2. \`pg_monitor\` activity and locks: is something waiting, or running for long?
3. \`pg_monitor\` top by total and by mean: which statements cost most, and since when are they counted?
4. \`pg_query\` explain for the worst of them, \`pg_admin\` advise for indexes.
5. Answer with the likely cause and its evidence, then what to do now, what to do this week, and what to watch. Change nothing yourself.`,
  },
]

/** The prompts of PostgreSQL, where there is a source. */
export class PostgresPrompts implements McpPrompts {
  readonly #view: PostgresView

  constructor(view: PostgresView) {
    this.#view = view
  }

  async list(scope: McpScope): Promise<ListPromptsResult> {
    const { length } = await this.#view.sources(scope)
    return { prompts: length === 0 ? [] : postgresPrompts.map(({ listed }) => listed) }
  }

  async get(scope: McpScope, name: string, given: Arguments): Promise<GetPromptResult> {
    const sources = await this.#view.sources(scope)
    const prompt = sources.length === 0 ? undefined : postgresPrompts.find(({ listed }) => listed.name === name)
    if (!prompt) throw refused(`Unknown prompt: ${name.slice(0, 100)}`)
    const missing = prompt.listed.arguments?.find(argument => argument.required && !given[argument.name])
    if (missing) throw refused(`${name} needs the argument ${missing.name}`)
    return promptResult(prompt, given)
  }
}

const refused = (message: string) => new ProtocolError(ProtocolErrorCode.InvalidParams, message)

function promptResult(prompt: WrittenPrompt, given: Arguments): GetPromptResult {
  return {
    description: prompt.listed.description ?? '',
    messages: [{ role: 'user', content: { type: 'text', text: prompt.write(given) } }],
  }
}

function inSource(given: Arguments): string {
  const name = given['source']
  return name ? ` in the source ${JSON.stringify(name)}` : ''
}

/** What the user gave stays data: the fence is longer than any in it. */
function asData(language: string, text: string): string {
  const runs = [...text.matchAll(/`+/g)].map(([run]) => run.length)
  const fence = '`'.repeat(Math.max(2, ...runs) + 1)
  return `${fence}${language}\n${text}\n${fence}`
}
