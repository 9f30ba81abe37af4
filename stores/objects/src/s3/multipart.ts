import { ObjectStoreUnavailable } from '../errors.ts'
import { plainEtag } from '../request.ts'
import { element, unescapeXml } from './list-answer.ts'
import { refusalError } from './refusal-error.ts'
import { readText, type S3Call, type S3Client } from './s3-client.ts'

/** An upload in parts that has begun and must be completed or aborted. */
export interface Upload {
  readonly key: string
  readonly id: string
}

export interface UploadedPart {
  readonly number: number
  readonly etag: string
}

export async function beginUpload(
  client: S3Client,
  key: string,
  { headers, signal }: { headers: Readonly<Record<string, string>>; signal: AbortSignal | undefined },
): Promise<Upload> {
  const reply = await client.call({ method: 'POST', key, query: { uploads: '' }, headers }, signal)
  if (reply.type === 'refusal') throw refusalError(reply)
  const id = unescapeXml(element(await readText(reply.body), 'UploadId'))
  if (id === '') throw new ObjectStoreUnavailable(new Error('an upload without an id'))
  return { key, id }
}

export async function uploadPart(
  client: S3Client,
  upload: Upload,
  { number, body, signal }: { number: number; body: Uint8Array; signal: AbortSignal | undefined },
): Promise<UploadedPart> {
  const query = { partNumber: String(number), uploadId: upload.id }
  const reply = await client.call({ method: 'PUT', key: upload.key, query, body }, signal)
  if (reply.type === 'refusal') throw refusalError(reply)
  await reply.body.dump()
  return { number, etag: plainEtag(reply.headers.etag ?? '') }
}

export function completeUpload(
  upload: Upload,
  parts: readonly UploadedPart[],
  headers: Readonly<Record<string, string>>,
): S3Call {
  const listed = parts.map(
    ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>"${etag}"</ETag></Part>`,
  )
  const xml = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`
  const typed = { ...headers, 'content-type': 'application/xml' }
  return { method: 'POST', key: upload.key, query: { uploadId: upload.id }, headers: typed, body: Buffer.from(xml) }
}

/** As far as possible: a server forgets uploads that nobody ends by its own rules. */
export async function abortUpload(client: S3Client, upload: Upload): Promise<void> {
  const call: S3Call = { method: 'DELETE', key: upload.key, query: { uploadId: upload.id } }
  const reply = await client.call(call, undefined).catch(() => undefined)
  if (reply?.type === 'answer') await reply.body.dump()
}
