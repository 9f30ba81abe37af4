import type { CallToolResult } from '@modelcontextprotocol/server'
import { toProblem } from '@super-data/base/errors'
import { type Operation, operations } from '@super-data/contract'

/** An answer both ways: for programs as it is, for models as its JSON text. */
export function answerResult(output: Readonly<Record<string, unknown>>): CallToolResult {
  return { content: [{ type: 'text', text: JSON.stringify(output) }], structuredContent: { ...output } }
}

/** Details that a model needs to go on, although it may be shown the text alone. */
const told = ['difference', 'failed'] as const

/** An error the model can read and act on. */
export function problemResult(error: unknown, requestId: string): CallToolResult {
  const problem = toProblem(error)
  const { message, code, details } = problem
  const hint = problem.hint === undefined ? undefined : inToolWords(problem.hint)
  const more = told.flatMap(name =>
    details?.[name] === undefined ? [] : [`${name}: ${JSON.stringify(details[name])}`],
  )
  const text = [`${message} (${code})`, ...(hint === undefined ? [] : [hint]), ...more].join('\n')
  return {
    isError: true,
    content: [{ type: 'text', text }],
    structuredContent: { error: { ...problem, requestId } },
  }
}

/** Hints name operations between backticks, as `area verb`: agents call tools with actions. */
function inToolWords(hint: string): string {
  return hint.replace(/`([a-z]+) ([a-z-]+)`/gi, (quoted, area: string, verb: string) => {
    const tool = tools.get(`${area}.${verb.replaceAll('-', '')}`.toLowerCase())
    return tool === undefined ? quoted : `\`${tool.tool} {"action":"${tool.action}"}\``
  })
}

const tools = new Map<string, Operation['mcp']>(
  Object.values(operations as Record<string, Operation>).map(({ name, mcp }) => [name.toLowerCase(), mcp]),
)
