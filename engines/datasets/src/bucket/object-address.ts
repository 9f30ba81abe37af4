/** An object in a bucket. */
export interface ObjectAddress {
  readonly bucket: string
  readonly key: string
}

/** Names that fit into a host name, and bring nothing else along. */
const addressPattern = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.{1,1024})$/

/** Reads `s3://bucket/key`; the key stands there as it is, nothing in it is encoded. */
export function parseAddress(text: string): ObjectAddress | undefined {
  const [, bucket, key] = addressPattern.exec(text) ?? []
  return bucket === undefined || key === undefined || key.endsWith('/') ? undefined : { bucket, key }
}
