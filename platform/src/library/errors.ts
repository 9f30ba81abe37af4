import { type ErrorDetails, PlatformError } from '@super-data/base/errors'
import type { Difference, TestResult } from '@super-data/contract'

/** What somebody put before the team, and the team has not decided on. */
export interface WaitingProposal {
  readonly kind: 'function' | 'tool'
  readonly name: string
  readonly version: number
  readonly hash: string
}

/** No such function in this project's library. */
export class FunctionMissing extends PlatformError {
  readonly code = 'FUNCTION_MISSING'
  readonly kind = 'missing'
  constructor(name: string, near?: string) {
    super(`there is no function ${name}`, {
      hint: near ? `Did you mean ${near}?` : '`functions list` shows what there is.',
    })
  }
}

/** A query calls a function that is neither jq's nor the library's. */
export class FunctionUnknown extends PlatformError {
  readonly code = 'FUNCTION_UNKNOWN'
  readonly kind = 'invalid'
  constructor(names: readonly string[], hint: string | undefined, position: unknown) {
    super(`${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not defined`, {
      hint: hint ?? 'Define it in the query, or add it to the library with `functions create`.',
      details: { functions: names, position },
    })
  }
}

/** The definition cannot be a library function. */
export class FunctionInvalid extends PlatformError {
  readonly code = 'FUNCTION_INVALID'
  readonly kind = 'invalid'
  constructor(why: string, hint: string, details: ErrorDetails) {
    super(why, { hint, details })
  }
}

/** Two versions of one function would be needed in one program. */
export class FunctionVersionsClash extends PlatformError {
  readonly code = 'FUNCTION_VERSIONS_CLASH'
  readonly kind = 'conflict'
  /** @param needed each version, with the function that pins it: null when the program itself names it. */
  constructor(name: string, needed: readonly { readonly version: number; readonly by: string | null }[]) {
    const said = needed.map(({ version, by }) => `in version ${version} by ${by ?? 'this text'}`)
    const behind = needed.reduce((old, each) => (each.version < old.version ? each : old)).by
    super(`${name} is needed ${said.join(' and ')}`, {
      hint: `Save ${behind ?? 'what uses the older one'} anew: it picks up the newest ${name}.`,
      details: { function: name, versions: needed.map(each => each.version), by: needed.map(each => each.by) },
    })
  }
}

/** Something depends on the function. */
export class FunctionInUse extends PlatformError {
  readonly code = 'FUNCTION_IN_USE'
  readonly kind = 'conflict'
  constructor(name: string, users: readonly string[]) {
    super(`${name} is used by ${users.join(', ')}`, {
      hint: 'Change those first; an admin can disable it anyway with `force: true`, and what pinned it keeps working.',
      details: { function: name, users },
    })
  }
}

/** A tool or function that is put before the team pins function versions the team has not approved. */
export class FunctionNotApproved extends PlatformError {
  readonly code = 'FUNCTION_NOT_APPROVED'
  readonly kind = 'conflict'
  constructor(name: string, functions: readonly string[]) {
    super(`${name} uses ${functions.join(', ')} in a version that is not approved`, {
      hint: 'Submit those functions first. A function approved in another version meanwhile: save again to use that.',
      details: { functions },
    })
  }
}

/** No such tool in this project. */
export class ToolMissing extends PlatformError {
  readonly code = 'TOOL_MISSING'
  readonly kind = 'missing'
  constructor(name: string, near?: string) {
    super(`there is no tool ${name}`, { hint: near ? `Did you mean ${near}?` : '`tools list` shows what there is.' })
  }
}

/** A tool of that name exists. */
export class ToolExists extends PlatformError {
  readonly code = 'TOOL_EXISTS'
  readonly kind = 'conflict'
  constructor(name: string) {
    super(`there is a tool ${name} already`, {
      hint: 'Choose another name, or save a new version with `tools update`.',
    })
  }
}

/** The name is kept for the product's own tools. */
export class ToolNameReserved extends PlatformError {
  readonly code = 'TOOL_NAME_RESERVED'
  readonly kind = 'invalid'
  constructor(name: string) {
    super(`${name} is a name of the product's own`, { hint: 'Choose another name.' })
  }
}

/** The name looks like another one. */
export class ToolNameConfusable extends PlatformError {
  readonly code = 'TOOL_NAME_CONFUSABLE'
  readonly kind = 'conflict'
  constructor(name: string, other: string) {
    super(`${name} is too easily taken for ${other}`, { hint: 'Choose another name.', details: { other } })
  }
}

/** The program is larger than the team's limit. */
export class ToolTooComplex extends PlatformError {
  readonly code = 'TOOL_TOO_COMPLEX'
  readonly kind = 'invalid'
  constructor(name: string, score: number, max: number) {
    super(`${name} scores ${score} for complexity; ${max} is the most`, {
      hint: 'Make several tools of it, or ask an operator to raise SUPER_DATA_MAX_QUERY_COMPLEXITY.',
      details: { score, max },
    })
  }
}

/** A test case of the tool does not pass. */
export class ToolTestFailed extends PlatformError {
  readonly code = 'TOOL_TEST_FAILED'
  readonly kind = 'invalid'
  constructor(name: string, failed: readonly TestResult[]) {
    super(`${name} fails ${failed.map(result => result.name).join(', ')}`, {
      hint: 'Correct the query, or what the test case expects, and put it before the team again.',
      details: { failed },
    })
  }
}

/** An approved tool asks nearly the same. */
export class ToolSimilar extends PlatformError {
  readonly code = 'TOOL_SIMILAR'
  readonly kind = 'conflict'
  constructor(name: string, similar: readonly string[]) {
    super(`${name} asks nearly the same as ${similar.join(', ')}`, {
      hint: 'Use or improve that one; if both are needed, submit with `allowSimilar: true`.',
      details: { similar },
    })
  }
}

/** The same is before the team already, and waits for votes. */
export class ProposalWaiting extends PlatformError {
  readonly code = 'PROPOSAL_WAITING'
  readonly kind = 'conflict'
  constructor(name: string, { kind, name: waiting, version, hash }: WaitingProposal) {
    const itself = waiting === name
    super(itself ? `${name} waits for votes already, word for word` : `${waiting} asks the same and waits for votes`, {
      hint: `Vote for it instead: \`${kind}s vote ${waiting} approve --hash ${hash}\`.${
        itself ? '' : ' If both are needed, submit with `allowSimilar: true`.'
      }`,
      details: { waiting, version, hash },
    })
  }
}

/** Another version was approved since this one was begun. */
export class BaseOutdated extends PlatformError {
  readonly code = 'BASE_OUTDATED'
  readonly kind = 'conflict'
  constructor(name: string, current: number) {
    super(`${name} was begun before version ${current} was approved, and would undo it`, {
      hint: 'Look at the difference, then save it again on top.',
      details: { currentVersion: current },
    })
  }
}

/** The tool's definition does not hold together. */
export class ToolInvalid extends PlatformError {
  readonly code = 'TOOL_INVALID'
  readonly kind = 'invalid'
  constructor(why: string, hint?: string) {
    super(why, hint === undefined ? {} : { hint })
  }
}

/** The tool may not be called (yet, or any more). */
export class ToolNotApproved extends PlatformError {
  readonly code = 'TOOL_NOT_APPROVED'
  readonly kind = 'denied'
  constructor(name: string, state: string) {
    super(`${name} is ${state}`, {
      hint: wayOn[state] ?? 'Only approved tools can be called; its author may try a draft.',
    })
  }
}

const wayOn: Readonly<Record<string, string>> = {
  pending: 'It answers once the team has approved it; `tools dry-run` tries it until then.',
  disabled: 'An admin of the project took it out of use; `tools restore` brings it back.',
}

/** What is stored is not what was approved: somebody changed the database by hand. */
export class ToolAltered extends PlatformError {
  readonly code = 'TOOL_ALTERED'
  readonly kind = 'denied'
  constructor(name: string) {
    super(`${name} is not what was saved: its stored text was changed`, {
      hint: 'Save it again as a new version and have that approved.',
    })
  }
}

/** Somebody saved a newer version first. */
export class VersionConflict extends PlatformError {
  readonly code = 'VERSION_CONFLICT'
  readonly kind = 'conflict'
  /** @param difference from the version that was expected to the current one. */
  constructor(name: string, current: number, difference?: Difference) {
    super(`${name} is at version ${current}`, {
      hint: 'Read it again and repeat the change on the current version.',
      details: { currentVersion: current, ...(difference && { difference }) },
    })
  }
}

/** The tool is not in a state in which this can be done. */
export class ToolStateConflict extends PlatformError {
  readonly code = 'TOOL_STATE_CONFLICT'
  readonly kind = 'conflict'
  constructor(name: string, state: string, wanted: string) {
    super(`${name} is ${state}, not ${wanted}`, {
      hint: `Read the ${name.includes('/') ? 'function' : 'tool'} again to see where it stands.`,
    })
  }
}

/** The vote is for another version than the pending one. */
export class VoteStale extends PlatformError {
  readonly code = 'VOTE_STALE'
  readonly kind = 'conflict'
  constructor(name: string, hash: string) {
    super(`${name} changed since you read it`, {
      hint: 'Read it again; a vote counts for exactly one version.',
      details: { currentHash: hash },
    })
  }
}

/** This member's vote does not count for this tool. */
export class VoteNotEligible extends PlatformError {
  readonly code = 'VOTE_NOT_ELIGIBLE'
  readonly kind = 'denied'
  constructor(why: string) {
    super(why, { hint: 'Another member of the project has to vote.' })
  }
}

/** A reject says why, so that the author can do better. */
export class VoteCommentMissing extends PlatformError {
  readonly code = 'VOTE_COMMENT_MISSING'
  readonly kind = 'invalid'
  constructor() {
    super('a reject needs a comment', { hint: 'Say what would have to change.' })
  }
}

/** No vote of this user waits for that code. */
export class VoteCodeWrong extends PlatformError {
  readonly code = 'VOTE_CODE_WRONG'
  readonly kind = 'invalid'
  constructor() {
    super('no vote of yours waits for this code', { hint: '`votes unconfirmed` shows what waits, with the codes.' })
  }
}

/** A code confirms that a person votes: it is not for agents. */
export class VoteCodeElsewhere extends PlatformError {
  readonly code = 'VOTE_CODE_ELSEWHERE'
  readonly kind = 'denied'
  constructor() {
    super('votes are confirmed by people, not over MCP', { hint: 'Run `super-data votes confirm CODE`.' })
  }
}

/** The person behind the agent was asked and did not confirm the vote. */
export class VoteDeclined extends PlatformError {
  readonly code = 'VOTE_DECLINED'
  readonly kind = 'denied'
  constructor(name: string) {
    super(`the person who was asked did not confirm the vote on ${name}; nothing was recorded`, {
      hint: 'Do not vote again unless they tell you to.',
    })
  }
}

/** Only its author, whoever submitted it, or an admin takes a proposal back. */
export class ProposalNotYours extends PlatformError {
  readonly code = 'PROPOSAL_NOT_YOURS'
  readonly kind = 'denied'
  constructor(name: string) {
    super(`${name} was put forward by somebody else`, { hint: 'Its author or an admin can withdraw it; you can vote.' })
  }
}

/** Too many of this person's proposals wait for votes. */
export class ProposalsTooMany extends PlatformError {
  readonly code = 'PROPOSALS_TOO_MANY'
  readonly kind = 'limited'
  override readonly retryable = true
  constructor(max: number) {
    super(`${max} proposals of yours are pending`, { hint: 'Wait for votes on them first.' })
  }
}

/** The team does not take proposals at present. */
export class LearningDisabled extends PlatformError {
  readonly code = 'LEARNING_DISABLED'
  readonly kind = 'denied'
  constructor() {
    super('learning is switched off here', { hint: 'An operator can set SUPER_DATA_ENABLE_LEARNING=true.' })
  }
}

/** A seed file cannot be read as functions or tools. */
export class SeedInvalid extends PlatformError {
  readonly code = 'SEED_INVALID'
  readonly kind = 'invalid'
  constructor(file: string, mistakes: readonly string[]) {
    super(`${file} was not imported:\n${mistakes.map(line => `  ${line}`).join('\n')}`, {
      hint: 'Nothing of it was imported. Correct it and start again.',
      details: { file, mistakes },
    })
  }
}
