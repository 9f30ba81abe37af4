import { PlatformError } from '@super-data/base/errors'
import { nearest } from '@super-data/base/nearest'

/** A built-in tool was called without an action, or with one it does not have. */
export class ActionUnknown extends PlatformError {
  readonly code = 'ACTION_UNKNOWN'
  readonly kind = 'invalid'
  constructor(tool: string, action: unknown, actions: readonly string[]) {
    super(typeof action === 'string' ? `${tool} has no action ${JSON.stringify(action)}` : `${tool} needs an action`, {
      hint: `Actions: ${actions.join(', ')}.`,
      details: { tool, actions },
    })
  }
}

/** A built-in tool was given an argument that none of its actions takes. */
export class ArgumentUnknown extends PlatformError {
  readonly code = 'ARGUMENT_UNKNOWN'
  readonly kind = 'invalid'
  constructor(tool: string, argument: string, known: readonly string[]) {
    const near = nearest(argument, known)
    super(`${tool} takes no argument ${JSON.stringify(argument)}`, {
      hint: near === undefined ? `Arguments: ${known.join(', ')}.` : `Did you mean ${near}?`,
      details: { tool, argument },
    })
  }
}

/** The address names a group of tools that does not exist. */
export class ToolGroupMissing extends PlatformError {
  readonly code = 'TOOL_GROUP_MISSING'
  readonly kind = 'missing'
  constructor(groups: readonly string[]) {
    super('there is no such group of tools', { hint: `Groups: ${groups.join(', ')}.`, details: { groups } })
  }
}

/** A list cursor that this server did not hand out. */
export class CursorInvalid extends PlatformError {
  readonly code = 'MCP_CURSOR_INVALID'
  readonly kind = 'invalid'
  constructor() {
    super('the cursor is not one this server gave', { hint: 'Start again without a cursor.' })
  }
}

/** The arguments of a tool are not what it takes. */
export class ToolInputInvalid extends PlatformError {
  readonly code = 'TOOL_INPUT_INVALID'
  readonly kind = 'invalid'
  constructor(
    tool: string,
    known: readonly string[],
    issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
  ) {
    const mistakes = issues.map(issue => `${issue.path.map(String).join('.') || 'input'}: ${issue.message}`)
    super(`${tool} was called wrongly: ${mistakes.join('; ')}`, {
      hint: `It takes: ${known.join(', ')}.`,
      details: { mistakes },
    })
  }
}

/** A function is given one name, and its definition another. */
export class NameNotDefined extends PlatformError {
  readonly code = 'NAME_NOT_DEFINED'
  readonly kind = 'invalid'
  constructor(name: string) {
    super(`the definition does not define ${name}`, { hint: `Begin it with \`def ${name}:\` or \`def ${name}(…):\`.` })
  }
}
