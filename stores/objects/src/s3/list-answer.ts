/** One page as the server lists it; names decoded. */
export interface ListAnswer {
  readonly objects: readonly { readonly key: string; readonly sizeBytes: number; readonly modifiedAt: number }[]
  readonly prefixes: readonly string[]
  readonly truncated: boolean
}

/** Reads a ListBucketResult whose names are URL-encoded: then nothing in it needs more than these few patterns. */
export function parseListAnswer(xml: string): ListAnswer {
  return {
    objects: elements(xml, 'Contents').map(content => ({
      key: decodeName(element(content, 'Key')),
      sizeBytes: Number(element(content, 'Size')),
      modifiedAt: wholeSeconds(Date.parse(element(content, 'LastModified'))),
    })),
    prefixes: elements(xml, 'CommonPrefixes').map(prefix => decodeName(element(prefix, 'Prefix'))),
    truncated: element(xml, 'IsTruncated') === 'true',
  }
}

/** As heads tell the time. */
function wholeSeconds(time: number): number {
  return time - (time % 1000)
}

function elements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(match => match[1]!)
}

export function element(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ''
}

function decodeName(encoded: string): string {
  return decodeURIComponent(unescapeXml(encoded).replaceAll('+', '%20'))
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

export function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name]!)
}
