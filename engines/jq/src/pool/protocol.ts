import { Buffer } from 'node:buffer'
import type { ErrorKind } from '@super-data/base/errors'
import { toProblem } from '@super-data/base/errors'
import type { JqAnswer, JqLimits } from './call.ts'
import { JqFailure } from './errors.ts'
import { ProtocolMismatch } from './frames.ts'

/** How the child was started; its one argument, as JSON. */
export interface ChildSettings {
  readonly cacheBytes: number
  readonly documentBytesMax: number
  readonly recordBytesMax: number
  /** What `$ENV` shows to a program that may see it. */
  readonly env: Readonly<Record<string, string>>
}

/** A call as it goes to the child. Inline JSON follows behind the head; the bytes of a file are pulled. */
export interface CallHead {
  readonly program: string
  readonly definitions: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  readonly input:
    | { readonly kind: 'none' }
    | { readonly kind: 'json' }
    | {
        readonly kind: 'file'
        readonly format: 'json' | 'ndjson'
        readonly key: string
        readonly sizeBytes: number | null
      }
  readonly mode: 'document' | 'records'
  readonly limits: JqLimits
  readonly policy: 'stranger' | 'owner'
}

/** The end of a call that went well, and what changed in the child. */
export interface Done {
  readonly answer: JqAnswer
  readonly child: ChildReport
}

export interface ChildReport {
  /** Documents the child holds, when that has changed in this call. */
  readonly warm?: readonly string[]
  /** Resident memory, told now and then. */
  readonly rssBytes?: number
}

/** Why a call failed in the child. `trace` is for the log only. */
export interface Failed {
  readonly problem: {
    readonly code: string
    readonly kind: ErrorKind
    readonly message: string
    readonly hint?: string
    readonly details?: Readonly<Record<string, unknown>>
  }
  readonly trace?: string
  readonly child: ChildReport
}

const lengthBytes = 4

export function writeCall(head: CallHead, text: string): Buffer {
  const headText = JSON.stringify(head)
  const headBytes = Buffer.byteLength(headText)
  const payload = Buffer.allocUnsafe(lengthBytes + headBytes + Buffer.byteLength(text))
  payload.writeUInt32LE(headBytes, 0)
  payload.write(headText, lengthBytes)
  payload.write(text, lengthBytes + headBytes)
  return payload
}

export function readCall(payload: Buffer): { head: CallHead; text: Buffer } {
  const end = lengthBytes + payload.readUInt32LE(0)
  return { head: JSON.parse(payload.toString('utf8', lengthBytes, end)), text: payload.subarray(end) }
}

const messageCharsMax = 4_000
const detailsCharsMax = 16_000

/** The facts of an error as data. Only platform errors speak; of others the trace goes along for the log. */
export function toFailed(error: unknown, child: ChildReport): Failed {
  const { code, kind, message, hint, details } = toProblem(error)
  const spoken = details !== undefined && (JSON.stringify(details)?.length ?? 0) <= detailsCharsMax
  return {
    problem: {
      code,
      kind,
      message: message.slice(0, messageCharsMax),
      ...(hint === undefined ? {} : { hint }),
      ...(spoken ? { details } : {}),
    },
    ...(kind === 'internal' ? { trace: traceOf(error) } : {}),
    child,
  }
}

function traceOf(error: unknown): string {
  return (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(0, messageCharsMax)
}

/** The error again, on this side: same code, kind, message, hint and details. */
export function toFailure(failed: Failed): JqFailure {
  return new JqFailure(failed.problem, failed.trace)
}

/** @throws ProtocolMismatch when the payload is not JSON. */
export function readJson<T>(payload: Buffer): T {
  try {
    return JSON.parse(payload.toString('utf8')) as T
  } catch {
    throw new ProtocolMismatch('a message is not JSON')
  }
}
