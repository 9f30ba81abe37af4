import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerContext, Tool } from '@modelcontextprotocol/server'
import type { FixtureTool } from './conformance-registry.ts'
import { pngBase64, textResult, wavBase64 } from './samples.ts'

const image = { type: 'image' as const, data: pngBase64, mimeType: 'image/png' }

/** Tools that show one kind of content or one thing a call can do. */
export const contentTools: Readonly<Record<string, FixtureTool>> = {
  test_simple_text: {
    description: 'Answers with text.',
    run: () => textResult('This is a simple text response for testing.'),
  },
  test_image_content: { description: 'Answers with an image.', run: () => ({ content: [image] }) },
  test_audio_content: {
    description: 'Answers with audio.',
    run: () => ({ content: [{ type: 'audio', data: wavBase64, mimeType: 'audio/wav' }] }),
  },
  test_embedded_resource: {
    description: 'Answers with a resource.',
    run: () => ({
      content: [resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
    }),
  },
  test_multiple_content_types: {
    description: 'Answers with text, an image and a resource.',
    run: () => ({
      content: [
        { type: 'text', text: 'Multiple content types test:' },
        image,
        resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
      ],
    }),
  },
  test_tool_with_logging: {
    description: 'Logs while it runs.',
    run: async (_input, context) => {
      await log(context, 'Tool execution started')
      await sleep(50)
      await log(context, 'Tool processing data')
      await sleep(50)
      await log(context, 'Tool execution completed')
      return textResult('Logged three times.')
    },
  },
  test_logging_tool: {
    description: 'Logs once.',
    run: async (_input, context) => {
      await log(context, 'One line')
      return textResult('Logged once.')
    },
  },
  test_tool_with_progress: {
    description: 'Reports progress while it runs.',
    run: async (_input, context) => {
      for (const progress of [0, 50, 100]) {
        await report(context, progress)
        await sleep(50)
      }
      return textResult('Reported three times.')
    },
  },
  test_error_handling: {
    description: 'Fails.',
    run: () => ({ isError: true, ...textResult('This tool intentionally returns an error for testing') }),
  },
  test_reconnection: {
    description: 'Closes its stream in the middle, where the transport can resume.',
    run: async (_input, context) => {
      context.http?.closeSSE?.()
      await sleep(50)
      return textResult('Still here.')
    },
  },
  json_schema_2020_12_tool: {
    description: 'Tool with JSON Schema 2020-12 features',
    inputSchema: wideSchema(),
    run: () => textResult('Schema kept.'),
  },
  test_x_mcp_header: {
    description: 'Has an argument that is mirrored to a header.',
    inputSchema: {
      type: 'object',
      properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
    } as Tool['inputSchema'],
    run: input => textResult(`Region: ${String(input['region'])}`),
  },
}

function resource(uri: string, mimeType: string, text: string) {
  return { type: 'resource' as const, resource: { uri, mimeType, text } }
}

function log(context: ServerContext, line: string): Promise<void> {
  return context.mcpReq.log('info', line)
}

async function report(context: ServerContext, progress: number): Promise<void> {
  const progressToken = context.mcpReq._meta?.progressToken
  if (progressToken === undefined) return
  await context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } })
}

/** Every keyword the suite wants to see kept in a listed schema. */
function wideSchema(): Tool['inputSchema'] {
  const text = { type: 'string' }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: text, city: text } } },
    properties: {
      name: text,
      address: { $ref: '#/$defs/address' },
      contactMethod: { type: 'string', enum: ['phone', 'email'] },
      phone: text,
      email: text,
    },
    allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
    if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
    // biome-ignore lint/suspicious/noThenProperty: `then` is a keyword of JSON Schema.
    then: { required: ['phone'] },
    else: { required: ['email'] },
    additionalProperties: false,
  } as Tool['inputSchema']
}
