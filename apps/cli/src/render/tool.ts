import type { ReviewedFunction, Tool } from '@super-data/contract'
import { type OutputStyle, renderOutput } from './output.ts'

/** A tool field by field, its query as it was written: a reviewer reads it here. */
export function renderTool(tool: Tool, style: OutputStyle): string {
  const { text, ...definition } = tool.definition
  return renderOutput({ ...tool, definition, query: `${text.trimEnd()}\n` }, style)
}

/** Where a tool stands, in a sentence, and what can be done now. */
export function toldState(tool: Tool, self: string): string {
  const next = {
    draft: `Call it: ${self} run ${tool.name}. Put it before the team: ${self} tools submit ${tool.name}`,
    approved: `Everybody in the project can call it: ${self} run ${tool.name}`,
    pending: `${tool.votesNeeded} of your colleagues have to approve: ${self} tools vote ${tool.name} approve --hash ${tool.hash}`,
  }
  const hint = tool.state in next ? `\n${next[tool.state as keyof typeof next]}` : ''
  return `${tool.name} is ${tool.state === 'draft' ? 'a draft' : tool.state}, version ${tool.version}.${hint}`
}

/** How many votes a version has, as far as they count. */
export function votesOf({ votes }: Pick<Tool, 'votes'>): { readonly approvals: number; readonly rejects: number } {
  const count = (vote: 'approve' | 'reject') => votes.filter(each => each.vote === vote && each.confirmed).length
  return { approvals: count('approve'), rejects: count('reject') }
}

/** What the votes on a tool or function have led to, in a sentence. */
export function toldVotes(voted: Tool | ReviewedFunction): string {
  const { approvals, rejects } = votesOf(voted)
  const { name } = referenceOf(voted)
  const rejected = rejects === 0 ? '' : `, ${rejects} ${rejects === 1 ? 'reject' : 'rejects'}`
  return `${name} version ${voted.version}: ${approvals} of ${voted.votesNeeded} approvals${rejected}, ${voted.state}.`
}

/** What a version that was just saved is not yet, and what becomes of those before it. */
export function toldDraft(saved: Tool | ReviewedFunction, self: string): string {
  const { area, name } = referenceOf(saved)
  const { version, approvedVersion } = saved
  const votes = version === 1 ? [] : ['Votes on earlier versions do not count for it.']
  const answers = approvedVersion === null ? [] : [`Version ${approvedVersion} answers until it is approved.`]
  return [
    `Version ${version} is a draft. Put it before the team: ${self} ${area} submit ${name}`,
    ...votes,
    ...answers,
  ].join('\n')
}

function referenceOf(shown: Tool | ReviewedFunction): { readonly area: 'tools' | 'functions'; readonly name: string } {
  return 'arity' in shown
    ? { area: 'functions', name: `${shown.name}/${shown.arity}` }
    : { area: 'tools', name: shown.name }
}
