import type { Value } from '../value/value.ts'
import { readDocument } from './document-reader.ts'
import { Lru } from './lru.ts'
import type { PullBytes } from './records.ts'

export interface DocumentCacheSettings {
  /** Approximate memory all parsed documents together may take. */
  readonly cacheBytes: number
  readonly documentBytesMax: number
}

export interface DocumentFile {
  /** Says which content in which format. */
  readonly key: string
  readonly format: 'json' | 'ndjson'
  /** Bytes to come, when they are known beforehand. */
  readonly sizeBytes: number | null
}

/** A parsed document takes about this many times the bytes of its text. */
const memoryPerTextByte = 4

/** Parsed documents, kept warm by content. The language never changes a value in place, so calls may share them. */
export class DocumentCache {
  readonly #settings: DocumentCacheSettings
  readonly #documents: Lru<Value>
  #changed = false

  constructor(settings: DocumentCacheSettings) {
    this.#settings = settings
    this.#documents = new Lru(settings.cacheBytes)
  }

  /** The document, read and parsed when it is not warm. @throws JqInputTooLarge · JqInputInvalid */
  get(file: DocumentFile, pull: PullBytes): Value {
    const warm = this.#documents.find(file.key)
    if (warm !== undefined) return warm
    this.#changed = true
    // Old documents make room before the new one is built, so that both never lie in memory together.
    this.#documents.makeRoom((file.sizeBytes ?? 0) * memoryPerTextByte)
    const { document, bytes } = readDocument(pull, file.format, this.#settings.documentBytesMax)
    this.#documents.put(file.key, document, bytes * memoryPerTextByte)
    return document
  }

  /** What is warm now, when that has changed since the last time. */
  takeChanges(): string[] | undefined {
    if (!this.#changed) return undefined
    this.#changed = false
    return this.#documents.keys
  }
}
