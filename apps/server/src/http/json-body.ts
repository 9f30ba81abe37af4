import { BodyTooDeep, BodyTooLarge, JsonMalformed, NotJson } from './errors.ts'

export interface BodyLimits {
  readonly bodyBytesMax: number
  readonly bodyDepthMax: number
}

/**
 * Reads a JSON body.
 *
 * @returns undefined when there is no body at all.
 * @throws NotJson · BodyTooLarge · BodyTooDeep · JsonMalformed
 */
export async function readJsonBody(request: Request, limits: BodyLimits): Promise<unknown> {
  const declared = request.headers.get('content-length')
  const chunked = request.headers.has('transfer-encoding')
  if (!chunked && (declared === null || declared === '0')) return undefined
  if (!isJson(request.headers.get('content-type'))) throw new NotJson()
  if (Number(declared) > limits.bodyBytesMax) throw new BodyTooLarge(limits.bodyBytesMax)
  // The HTTP parser holds a body to its declared length, so only an undeclared one has to be counted.
  const text = chunked ? await readCounted(request, limits.bodyBytesMax) : await readWhole(request)
  return parseJson(text, limits.bodyDepthMax)
}

/** Parses JSON text that a stranger sent. @throws BodyTooDeep · JsonMalformed */
export function parseJson(text: string, depthMax: number): unknown {
  if (isDeeperThan(text, depthMax)) throw new BodyTooDeep(depthMax)
  try {
    return JSON.parse(text)
  } catch {
    throw new JsonMalformed('it is not valid JSON')
  }
}

function isJson(contentType: string | null): boolean {
  if (contentType === null) return false
  const [type = '', ...parameters] = contentType.toLowerCase().split(';')
  const charset = parameters.map(part => part.trim()).find(part => part.startsWith('charset='))
  return type.trim() === 'application/json' && (charset === undefined || /^charset="?utf-8"?$/.test(charset))
}

async function readWhole(request: Request): Promise<string> {
  const bytes = await request.arrayBuffer().catch(() => {
    throw new JsonMalformed('it ended early')
  })
  return decode(new TextDecoder('utf-8', { fatal: true }), bytes)
}

/** Bytes that are no UTF-8 are refused: replaced ones would be another request. @throws JsonMalformed */
function decode(
  decoder: InstanceType<typeof TextDecoder>,
  bytes?: ArrayBuffer | Uint8Array,
  options?: { stream: boolean },
): string {
  try {
    return decoder.decode(bytes, options)
  } catch {
    throw new JsonMalformed('it is not valid UTF-8')
  }
}

async function readCounted(request: Request, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let bytes = 0
  const reader = request.body?.getReader()
  while (reader) {
    const { done, value } = await reader.read().catch(() => {
      throw new JsonMalformed('it ended early')
    })
    if (done) break
    bytes += value.byteLength
    if (bytes > bytesMax) {
      await reader.cancel().catch(() => undefined)
      throw new BodyTooLarge(bytesMax)
    }
    text += decode(decoder, value, { stream: true })
  }
  return text + decode(decoder)
}

const quote = 34
const backslash = 92
const opening = new Set([91, 123])
const closing = new Set([93, 125])

/** Looks at brackets only, before anything is built from the text. */
function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (inString) {
      if (code === backslash) index++
      else if (code === quote) inString = false
    } else if (code === quote) inString = true
    else if (opening.has(code)) {
      if (++depth > depthMax) return true
    } else if (closing.has(code)) depth--
  }
  return false
}
