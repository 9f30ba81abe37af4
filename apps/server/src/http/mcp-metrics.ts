import { mcpTools } from '@super-data/contract'
import { Histogram, type Registry } from 'prom-client'
import type { ObserveRequest } from '../mcp/registry-server.ts'

/** As the conventions below want them. */
const secondsBuckets = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]

/** Stands for every tool that a team made: their names are the team's, and many. */
const teamTool = 'team_tool'

/**
 * How long MCP requests took, under the names of OpenTelemetry's conventions for MCP (`mcp.server.operation.duration`,
 * semantic-conventions-genai 0.1.0), so that dashboards made for them work.
 */
export function showMcp(registry: Registry): ObserveRequest {
  const seconds = new Histogram({
    name: 'mcp_server_operation_duration_seconds',
    help: 'How long MCP requests took, by method, built-in tool and kind of error.',
    labelNames: ['mcp_method_name', 'gen_ai_tool_name', 'error_type'],
    buckets: secondsBuckets,
    registers: [registry],
  })
  return (method, tool) => {
    const end = seconds.startTimer({
      mcp_method_name: method,
      ...(tool === undefined ? {} : { gen_ai_tool_name: Object.hasOwn(mcpTools, tool) ? tool : teamTool }),
    })
    return error => void end(error === undefined ? {} : { error_type: error })
  }
}
