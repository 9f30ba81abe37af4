import {
  acceptedContent,
  type GetPromptResult,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server'
import type { McpPrompts } from '@super-data/server'
import { pngBase64 } from './samples.ts'

const argument = (name: string) => ({ name, required: true, description: `The argument ${name}.` })

const prompts = [
  { name: 'test_simple_prompt', description: 'No arguments.' },
  {
    name: 'test_prompt_with_arguments',
    description: 'Two arguments.',
    arguments: [argument('arg1'), argument('arg2')],
  },
  { name: 'test_prompt_with_embedded_resource', description: 'A resource.', arguments: [argument('resourceUri')] },
  { name: 'test_prompt_with_image', description: 'An image.' },
  { name: 'test_input_required_result_prompt', description: 'Asks the user first.' },
]

export const fixturePrompts: McpPrompts = {
  list: async () => ({ prompts }),
  get: async (_scope, name, input, { mcpReq }) => {
    if (name !== 'test_input_required_result_prompt') return promptOf(name, input)
    const context = acceptedContent(mcpReq.inputResponses, 'user_context')?.['context']
    return typeof context === 'string' ? messages(text(`Context: ${context}`)) : askForContext()
  },
}

type Content = GetPromptResult['messages'][number]['content']

function promptOf(name: string, input: Readonly<Record<string, string>>): GetPromptResult {
  if (name === 'test_simple_prompt') return messages(text('This is a simple prompt for testing.'))
  if (name === 'test_prompt_with_arguments')
    return messages(text(`Prompt with arguments: arg1='${input['arg1']}', arg2='${input['arg2']}'`))
  if (name === 'test_prompt_with_embedded_resource')
    return messages(
      {
        type: 'resource',
        resource: {
          uri: input['resourceUri'] ?? '',
          mimeType: 'text/plain',
          text: 'Embedded resource content for testing.',
        },
      },
      text('Please process the embedded resource above.'),
    )
  if (name === 'test_prompt_with_image')
    return messages({ type: 'image', data: pngBase64, mimeType: 'image/png' }, text('Please analyze the image above.'))
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${name}`)
}

function askForContext() {
  const requestedSchema = {
    type: 'object' as const,
    properties: { context: { type: 'string' as const } },
    required: ['context'],
  }
  const user_context = inputRequired.elicit({ message: 'What context should the prompt use?', requestedSchema })
  return inputRequired({ inputRequests: { user_context } })
}

function text(content: string): Content {
  return { type: 'text', text: content }
}

function messages(...contents: Content[]): GetPromptResult {
  return { messages: contents.map(content => ({ role: 'user', content })) }
}
