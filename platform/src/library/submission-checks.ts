import type { Checks, TestResult, ToolDefinition } from '@super-data/contract'
import { parse, pathsRead } from '@super-data/jq'
import type { ParsedQuery } from '../queries/engine.ts'
import { complexityOf, functionComplexity } from './complexity.ts'
import { descriptionWarnings } from './description-warnings.ts'
import { ProposalWaiting, ToolSimilar, ToolTestFailed, ToolTooComplex, type WaitingProposal } from './errors.ts'
import type { FunctionRow } from './function-rows.ts'
import { similarTools } from './similar-tools.ts'
import type { TestRun, TestRunner } from './test-runner.ts'
import type { CheckedDefinition, ToolChecker } from './tool-checker.ts'

export interface CheckSettings {
  /** Most a program may weigh, its functions included. */
  readonly complexityMax: number
  /** Longest one test case may run. */
  readonly testMs: number
}

/** What somebody else put before the team. */
type WaitingTool = WaitingProposal & { readonly definition: ToolDefinition }

/** What a version must prove before it is put before the team. */
export class SubmissionChecks {
  readonly #checker: ToolChecker
  readonly #tests: TestRunner
  readonly #settings: CheckSettings

  constructor(checker: ToolChecker, tests: TestRunner, settings: CheckSettings) {
    this.#checker = checker
    this.#tests = tests
    this.#settings = settings
  }

  /** @throws ToolTooComplex · ToolTestFailed with what was expected and got · ToolSimilar · ProposalWaiting */
  async ofTool(
    name: string,
    saved: CheckedDefinition & { readonly hash: string },
    context: TestRun & {
      readonly allowSimilar: boolean
      readonly approved: readonly { readonly name: string; readonly definition: ToolDefinition }[]
      readonly waiting: readonly WaitingTool[]
    },
  ): Promise<Checks> {
    const { definition } = saved
    const query = await this.#checker.compile(context.project, saved).query(definition.source ?? definition.sources[0])
    const score = complexityOf(query)
    this.#requireSimple(name, score)
    const results = await this.#tests.run(saved, context)
    requirePassed(name, results)
    const others = context.approved.filter(tool => tool.name !== name)
    const similar = similarTools(definition, others)
    if (similar.length > 0 && !context.allowSimilar) throw new ToolSimilar(name, similar)
    if (!context.allowSimilar) requireNoneWaiting(name, definition, context.waiting)
    const edges = await this.#tests.edges(saved, context)
    const warnings = [...warningsOf(definition, results), ...inputWarnings(definition, query), ...edges]
    return { score, tests: results.length, warnings, similar }
  }

  /** @throws ToolTooComplex */
  ofFunction(row: FunctionRow, definitions: readonly string[]): Checks {
    const score = functionComplexity([...definitions, row.definition])
    this.#requireSimple(`${row.name}/${row.arity}`, score)
    return { score, tests: 0, warnings: descriptionWarnings([row.description]), similar: [] }
  }

  #requireSimple(name: string, score: number): void {
    const { complexityMax } = this.#settings
    if (score > complexityMax) throw new ToolTooComplex(name, score, complexityMax)
  }
}

function requirePassed(name: string, results: readonly TestResult[]): void {
  const failed = results.filter(result => !result.passed)
  if (failed.length > 0) throw new ToolTestFailed(name, failed)
}

/** @throws ProposalWaiting */
function requireNoneWaiting(name: string, definition: ToolDefinition, proposals: readonly WaitingTool[]): void {
  const others = proposals.filter(proposal => proposal.name !== name)
  const similar = similarTools(definition, others)
  const waiting = others.find(proposal => similar.includes(proposal.name))
  if (waiting) throw new ProposalWaiting(name, waiting)
}

function warningsOf(definition: ToolDefinition, results: readonly TestResult[]): string[] {
  const properties = Object.values(
    (definition.parameters['properties'] ?? {}) as Record<string, { description?: unknown }>,
  )
  const said = properties.map(property => String(property.description ?? ''))
  const warnings = descriptionWarnings([definition.description, ...said])
  return results.length === 0 ? [...warnings, 'It has no test cases.'] : warnings
}

function inputWarnings({ engine, source, sources }: ToolDefinition, query: ParsedQuery): string[] {
  if (engine !== 'jq' || source !== undefined || sources.length > 0) return []
  return pathsRead(parse(query.program)).paths.length > 0
    ? ['It reads its input, but names no dataset: it gets null.']
    : []
}
