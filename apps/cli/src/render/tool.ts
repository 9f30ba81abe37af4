import type { ReviewedFunction, Tool } from '@super-data/contract'
import { type OutputStyle, renderOutput } from './output.ts'

/** A tool field by field, its query as it was written: a reviewer reads it here. */
export function renderTool(tool: Tool, style: OutputStyle): string {
  const { text, ...definition } = tool.definition
  return renderOutput({ ...tool, definition, query: `${text.trimEnd()}\n` }, style)
}

/** Where a tool or function stands, in a sentence, and what can be done now. */
export function toldState(shown: Tool | ReviewedFunction, self: string): string {
  const { area, name } = referenceOf(shown)
  const { state, version, votesNeeded, hash } = shown
  const call = area === 'tools' ? `call it: ${self} run ${name}` : 'use it in questions and tools.'
  const next = {
    draft: `You can ${call}\nPut it before the team: ${self} ${area} submit ${name}`,
    approved: `Everybody in the project can ${call}`,
    pending: `${votesNeeded} of your colleagues ${votesNeeded === 1 ? 'has' : 'have'} to approve: ${self} ${area} vote ${name} approve --hash ${hash.slice(0, 12)}`,
  }
  const hint = state in next ? `\n${next[state as keyof typeof next]}` : ''
  return `${name} is ${state === 'draft' ? 'a draft' : state}, version ${version}.${hint}`
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

/** That a version was saved, and the hash it is known by. */
export function toldSaved(saved: Tool | ReviewedFunction): string {
  return `${referenceOf(saved).name} version ${saved.version} is saved, hash ${saved.hash.slice(0, 12)}.`
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
