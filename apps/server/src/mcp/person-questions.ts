import { createHash, randomBytes } from 'node:crypto'
import {
  type ClientCapabilities,
  createRequestStateCodec,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Person, PersonAnswer, PersonQuestion } from '@super-data/platform'
import type { McpScope } from './registry.ts'

/** The name of the answer among what comes back with a call. */
const key = 'person'

const confirm = { type: 'boolean', title: 'Yes, exactly this', default: false } as const
const form = { type: 'object' as const, properties: { confirm }, required: ['confirm'] }

/**
 * Questions to the person behind a client: a call ends with one, and comes again with the answer. What was asked is
 * signed, so that an answer counts for exactly that, of exactly that caller, for a while.
 */
export class PersonQuestions {
  readonly #state

  constructor(answerTimeoutMs: number) {
    const ttlSeconds = Math.ceil(answerTimeoutMs / 1000)
    this.#state = createRequestStateCodec<string>({ key: randomBytes(32), ttlSeconds, bind: callerOf })
  }

  /** What was asked, as the client hands it back. @throws Error when it was not asked here */
  readonly verify = (state: string, context: ServerContext): Promise<string> => this.#state.verify(state, context)

  /** The person to ask in a call; undefined where the client does not ask them. */
  personOf(client: ClientCapabilities | undefined, { mcpReq }: ServerContext): Person | undefined {
    if (!showsForms(client)) return undefined
    return {
      answerTo: question => {
        const answer = inputResponse(mcpReq.inputResponses, key)
        const wasAsked = mcpReq.requestState() === digestOf(question)
        return wasAsked && answer.kind === 'elicit' ? toAnswer(answer) : undefined
      },
    }
  }

  async ask(question: PersonQuestion, context: ServerContext): Promise<InputRequiredResult> {
    const asked = inputRequired.elicit({ message: question.message, requestedSchema: form })
    const requestState = await this.#state.mint(digestOf(question), context)
    return inputRequired({ inputRequests: { [key]: asked }, requestState })
  }
}

/** A client that names no mode shows forms. */
function showsForms(client: ClientCapabilities | undefined): boolean {
  const { elicitation } = client ?? {}
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined)
}

/** Sending the form without the tick is no yes. */
function toAnswer(answer: { readonly action: string; readonly content?: Record<string, unknown> }): PersonAnswer {
  return answer.action === 'accept' && answer.content?.['confirm'] === true ? 'accept' : 'decline'
}

function digestOf({ message, subject }: PersonQuestion): string {
  return createHash('sha256')
    .update(JSON.stringify([message, subject]))
    .digest('base64url')
}

function callerOf({ http }: ServerContext): string {
  const scope = http?.authInfo?.extra?.['scope'] as McpScope | undefined
  return scope?.principal.userId ?? 'stdio'
}
