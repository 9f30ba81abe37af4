import type { Clock } from '@super-data/base/clock'
import { PlatformError } from '@super-data/base/errors'
import type { Suggestion, ToolDefinition } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import { contentHash } from '../canonical-json.ts'
import type { ProjectRow } from '../identity/projects.ts'
import type { Functions } from '../library/functions.ts'
import type { ToolChecker } from '../library/tool-checker.ts'
import type { Tools } from '../library/tools.ts'
import type { PlatformTables } from '../state/platform.ts'
import { type AskedQuestion, type AskedQuestions, keyOf } from './asked-questions.ts'
import { SuggestionMissing } from './errors.ts'
import { people, times, toolProposal } from './tool-proposal.ts'
import type { Draft, ToolSuggestions } from './tool-suggestions.ts'

export interface SuggestionsParts {
  readonly platform: Database<PlatformTables>
  readonly tools: Tools
  readonly functions: Functions
  readonly checker: ToolChecker
  readonly asked: AskedQuestions
  readonly toolSuggestions: ToolSuggestions
  readonly clock: Clock
}

/** Whose suggestions, and to whom they are told. */
export interface Reader {
  readonly project: ProjectRow
  readonly userId: string
  readonly signal: AbortSignal
}

const periodMs = 30 * 86_400_000

/** How often a question must have been asked. */
const askedMin = 3

/** Questions that are made into proposals and checked in one go. */
const proposalsMax = 50

/** What can be learned from what was asked. Made anew each time: nothing goes stale, and only dismissals are kept. */
export class Suggestions {
  readonly #parts: SuggestionsParts

  /** Borrows everything. */
  constructor(parts: SuggestionsParts) {
    this.#parts = parts
  }

  /** Those that nobody has put away; the best founded first. */
  async list(reader: Reader): Promise<Suggestion[]> {
    const { platform } = this.#parts
    const dismissed = await platform.read
      .selectFrom('learning_dismissals')
      .select('suggestion')
      .where('project', '=', reader.project.name)
      .execute()
    const gone = new Set(dismissed.map(row => row.suggestion))
    return (await this.#all(reader)).filter(each => !gone.has(each.id))
  }

  /** @throws SuggestionMissing */
  async get(reader: Reader, id: string): Promise<Suggestion> {
    const found = (await this.list(reader)).find(each => each.id === id)
    if (!found) throw new SuggestionMissing()
    return found
  }

  async #all(reader: Reader): Promise<Suggestion[]> {
    const made = await this.#newTools(reader)
    const about = await this.#parts.toolSuggestions.of(reader.project, reader.signal)
    return [...made, ...about.map(draft => withId(reader, draft, draft.tool))]
  }

  async #newTools(reader: Reader): Promise<Suggestion[]> {
    const { asked, tools, clock } = this.#parts
    const { project, signal } = reader
    const saved = await tools.all(project.id)
    const names = new Set(saved.map(({ tool }) => tool.name))
    const known = new Set(
      saved.flatMap(({ version }) => this.#keysOf(JSON.parse(version.definition) as ToolDefinition)),
    )
    const questions = (await asked.since(project.name, clock.now() - periodMs, signal))
      .filter(question => question.asked >= askedMin && !known.has(keyOf(question)))
      .sort((a, b) => b.users - a.users || b.asked - a.asked)
    const suggestions: Suggestion[] = []
    for (const question of questions.slice(0, proposalsMax)) {
      const suggestion = await this.#newTool(reader, question, names)
      if (!suggestion) continue
      names.add(suggestion.tool)
      suggestions.push(suggestion)
    }
    return suggestions
  }

  /** @returns undefined when the proposal would be refused: data or functions it needs are gone. */
  async #newTool(reader: Reader, question: AskedQuestion, names: ReadonlySet<string>): Promise<Suggestion | undefined> {
    const { asked, checker, functions } = this.#parts
    const { project, userId, signal } = reader
    const given = await asked.parametersOf(project.name, userId, question.texts)
    const { name, definition } = toolProposal(question, given, each => names.has(each))
    try {
      await checker.check(project, definition, {
        ...{ functions: functions.resolver(project.id, userId), signal, sourcesMustExist: true },
      })
    } catch (failure) {
      if (signal.aborted || !(failure instanceof PlatformError)) throw failure
      return undefined
    }
    const { asked: count, users, firstAt, lastAt, lastRun } = question
    const draft: Draft = {
      kind: 'make_tool',
      title: `Asked ${times(count)} by ${people(users)}: make it a tool?`,
      tool: name,
      evidence: { asked: count, users, firstAt, lastAt, lastRun, p95Ms: null, bytes: null },
      definition,
      canAccept: true,
    }
    return withId(reader, draft, keyOf(question))
  }

  /** What a tool asks is not suggested again, over whichever of its datasets. */
  #keysOf({ engine, source, sources, mode, text }: ToolDefinition): string[] {
    const shape = this.#parts.asked.shapeOf(engine, text)
    if (!shape) return []
    const over = source === undefined ? sources : [source]
    return (over.length === 0 ? [null] : over).map(each => keyOf({ engine, source: each, mode, shape }))
  }
}

function withId({ project }: Reader, draft: Draft, subject: string): Suggestion {
  const id = `suggestion_${contentHash([project.id, draft.kind, subject]).slice(0, 26)}`
  return { id, ...draft }
}
