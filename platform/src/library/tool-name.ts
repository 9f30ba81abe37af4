import { mcpTools } from '@super-data/contract'
import { ToolNameConfusable, ToolNameReserved } from './errors.ts'
import type { Reader } from './reader.ts'

/** Names under which agents manage the library: no team tool may pass for one of them. */
export const managementToolNames = [
  ...['propose_new_tool', 'vote_on_tool', 'approve_tool', 'list_functions', 'create_function', 'introspect_dataset'],
  ...['get_tool_stats', 'get_team_activity', 'dry_run_tool', 'search_tools', 'explain_tool', 'run_tool'],
  ...['submit_tool', 'withdraw_tool', 'confirm_vote', 'read_result', 'list_proposals', 'get_inbox'],
  ...['roll_back_tool', 'roll_back_function', 'get_function_history'],
] as const

/** The names of a project's tools, by their looks. */
export class TakenNames {
  readonly #byLook: Map<string, string[]>

  constructor(names: readonly string[]) {
    this.#byLook = Map.groupBy(names, looksOf)
  }

  static async read(reader: Reader, projectId: string): Promise<TakenNames> {
    const rows = await reader.selectFrom('tools').select('name').where('project_id', '=', projectId).execute()
    return new TakenNames(rows.map(row => row.name))
  }

  add(name: string): void {
    const look = looksOf(name)
    this.#byLook.set(look, [...(this.#byLook.get(look) ?? []), name])
  }

  /** @throws ToolNameReserved · ToolNameConfusable when it looks like a name that is taken. */
  requireOwn(name: string): void {
    const look = looksOf(name)
    if (reservedLooks.has(look)) throw new ToolNameReserved(name)
    const same = this.#byLook.get(look)?.find(each => each !== name)
    if (same !== undefined) throw new ToolNameConfusable(name, same)
  }
}

const looks: Readonly<Record<string, string>> = { '0': 'o', '1': 'l', '5': 's', i: 'l' }

/** Names with the same looks are taken for one another. */
export function looksOf(name: string): string {
  const letters = name.toLowerCase().replace(/[_015i]/g, character => looks[character] ?? '')
  return letters.replaceAll('rn', 'm').replaceAll('vv', 'w')
}

const reservedLooks = new Set([...Object.keys(mcpTools), ...managementToolNames].map(looksOf))
