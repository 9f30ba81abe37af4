import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequest,
  inputRequired,
  inputResponse,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { FixtureResult, FixtureTool, StateCodec } from './conformance-registry.ts'
import { textResult } from './samples.ts'

type Requests = Readonly<Record<string, InputRequest>>

const text = { type: 'string' } as const

/** Tools that need something from the client before they can answer. */
export function inputTools(state: StateCodec): Readonly<Record<string, FixtureTool>> {
  return { ...simpleInputs(), ...enumInputs(), ...statefulInputs(state), ...capabilityInputs() }
}

function simpleInputs(): Readonly<Record<string, FixtureTool>> {
  return {
    test_sampling: once('Asks the client’s model.', 'sample', input => sampling(String(input['prompt']), 100)),
    test_elicitation: once('Asks the user.', 'user', input =>
      form(String(input['message']), {
        username: { ...text, description: "User's response" },
        email: { ...text, description: "User's email address" },
      }),
    ),
    test_input_required_result_elicitation: {
      description: 'Asks the user for a name.',
      run: (_input, { mcpReq }) => {
        const { name } = acceptedContent(mcpReq.inputResponses, 'user_name') ?? {}
        if (typeof name === 'string') return textResult(`Hello, ${name}!`)
        return ask({ user_name: form('What is your name?', { name: text }) })
      },
    },
    test_input_required_result_sampling: once('Asks the client’s model.', 'capital_question', () =>
      sampling('What is the capital of France?', 100),
    ),
    test_input_required_result_list_roots: once('Asks for the client’s roots.', 'client_roots', () =>
      inputRequired.listRoots(),
    ),
    test_streaming_elicitation: once('Asks the user, over a stream.', 'user', () => form('Go on?', { ok: yes })),
  }
}

const yes = { type: 'boolean' } as const

function enumInputs(): Readonly<Record<string, FixtureTool>> {
  const titled = [
    { const: 'value1', title: 'First Option' },
    { const: 'value2', title: 'Second Option' },
    { const: 'value3', title: 'Third Option' },
  ]
  const options = ['option1', 'option2', 'option3']
  return {
    test_elicitation_sep1034_defaults: once('Asks with defaults.', 'user', () =>
      form('Check these', {
        name: { ...text, default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { ...text, enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { ...yes, default: true },
      }),
    ),
    test_elicitation_sep1330_enums: once('Asks with every kind of enumeration.', 'user', () =>
      form('Choose', {
        untitledSingle: { ...text, enum: options },
        titledSingle: { ...text, oneOf: titled },
        legacyEnum: {
          ...text,
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['Option One', 'Option Two', 'Option Three'],
        },
        untitledMulti: { type: 'array', items: { ...text, enum: options } },
        titledMulti: { type: 'array', items: { anyOf: titled } },
      }),
    ),
  }
}

function statefulInputs(state: StateCodec): Readonly<Record<string, FixtureTool>> {
  const confirm = { confirm: form('Please confirm', { ok: yes }) }
  const remembering = async (requests: Requests, step: string) =>
    inputRequired({ inputRequests: requests, requestState: await state.mint({ step }) })
  const twoRounds = (description: string, requests: Requests): FixtureTool => ({
    description,
    run: (_input, context) =>
      hasAll(context, Object.keys(requests)) && stepOf(context) === 'asked'
        ? textResult('state-ok')
        : remembering(requests, 'asked'),
  })
  return {
    test_input_required_result_request_state: twoRounds('Remembers by signed state.', confirm),
    test_input_required_result_tampered_state: twoRounds('Refuses state that was changed.', confirm),
    test_input_required_result_multiple_inputs: twoRounds('Asks three things at once.', {
      user_name: form('What is your name?', { name: text }),
      greeting: sampling('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    }),
    test_input_required_result_multi_round: {
      description: 'Asks twice, one after the other.',
      run: (_input, context) => {
        if (stepOf(context) === 'two' && hasAll(context, ['step2'])) return textResult('Both steps done.')
        if (stepOf(context) === 'one' && hasAll(context, ['step1']))
          return remembering({ step2: form('Step 2: What is your favorite color?', { color: text }) }, 'two')
        return remembering({ step1: form('Step 1: What is your name?', { name: text }) }, 'one')
      },
    },
  }
}

function capabilityInputs(): Readonly<Record<string, FixtureTool>> {
  return {
    test_missing_capability: once('Needs a client with sampling.', 'sample', () => sampling('Anything', 10)),
    test_input_required_result_capabilities: {
      description: 'Asks only what the client can do.',
      run: (_input, context) => {
        if (Object.keys(context.mcpReq.inputResponses ?? {}).length > 0) return textResult('Done.')
        const { sampling: canSample, elicitation: canAsk } = capabilitiesOf(context)
        const requests: Requests = {
          ...(canSample ? { sample: sampling('Anything', 10) } : {}),
          ...(canAsk ? { user: form('Anything?', { ok: yes }) } : {}),
        }
        return Object.keys(requests).length === 0 ? textResult('Nothing to ask.') : ask(requests)
      },
    },
  }
}

/** A tool that asks one thing and answers with what came back. */
function once(
  description: string,
  key: string,
  request: (input: Readonly<Record<string, unknown>>) => InputRequest,
): FixtureTool {
  return {
    description,
    run: (input, { mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, key)
      if (answer.kind === 'missing') return ask({ [key]: request(input) })
      return textResult(`Got: ${JSON.stringify(answer)}`)
    },
  }
}

function ask(requests: Requests): FixtureResult {
  return inputRequired({ inputRequests: requests })
}

function form(message: string, properties: Readonly<Record<string, unknown>>): InputRequest {
  const required = Object.keys(properties)
  const requestedSchema = { type: 'object', properties, required }
  return inputRequired.elicit({ message, requestedSchema } as unknown as Parameters<typeof inputRequired.elicit>[0])
}

function sampling(prompt: string, maxTokens: number): InputRequest {
  const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }]
  return inputRequired.createMessage({ messages, maxTokens })
}

function hasAll({ mcpReq }: ServerContext, keys: readonly string[]): boolean {
  return keys.every(key => inputResponse(mcpReq.inputResponses, key).kind !== 'missing')
}

function stepOf({ mcpReq }: ServerContext): string | undefined {
  return mcpReq.requestState<{ readonly step: string }>()?.step
}

function capabilitiesOf({ mcpReq }: ServerContext): ClientCapabilities {
  const envelope = mcpReq.envelope as Readonly<Record<string, unknown>> | undefined
  return (envelope?.[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined) ?? {}
}
