import { mcpTools } from '@super-data/contract'
import { ToolNameConfusable, ToolNameReserved } from './errors.ts'

/** Names under which agents manage the library: no team tool may pass for one of them. */
export const managementToolNames = [
  ...['propose_new_tool', 'vote_on_tool', 'approve_tool', 'list_functions', 'create_function', 'introspect_dataset'],
  ...['get_tool_stats', 'get_team_activity', 'dry_run_tool', 'search_tools', 'explain_tool', 'run_tool'],
  ...['submit_tool', 'withdraw_tool', 'confirm_vote', 'read_result', 'list_proposals', 'get_inbox'],
  ...['roll_back_tool', 'roll_back_function', 'get_function_history'],
] as const

const reserved: readonly string[] = [...Object.keys(mcpTools), ...managementToolNames]

/** @throws ToolNameReserved · ToolNameConfusable when it looks like a name that is taken. */
export function requireOwnName(name: string, present: readonly string[]): void {
  const look = looksOf(name)
  if (reserved.some(each => looksOf(each) === look)) throw new ToolNameReserved(name)
  const same = present.find(each => each !== name && looksOf(each) === look)
  if (same !== undefined) throw new ToolNameConfusable(name, same)
}

const looks: Readonly<Record<string, string>> = { '0': 'o', '1': 'l', '5': 's', i: 'l' }

/** Names with the same looks are taken for one another. */
export function looksOf(name: string): string {
  const letters = name.toLowerCase().replace(/[_015i]/g, character => looks[character] ?? '')
  return letters.replaceAll('rn', 'm').replaceAll('vv', 'w')
}
