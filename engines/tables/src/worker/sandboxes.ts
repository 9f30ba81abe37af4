import type { TableFile } from '../table-file.ts'
import { Sandbox, type SandboxSettings } from './sandbox.ts'

/** Sandboxes kept warm at once. */
const countMax = 8

/** The sandboxes used last, by the exact data they hold. */
export class Sandboxes {
  readonly #settings: SandboxSettings
  /** Oldest use first. */
  readonly #open = new Map<string, Sandbox>()

  constructor(settings: SandboxSettings) {
    this.#settings = settings
  }

  async get(tables: readonly TableFile[]): Promise<Sandbox> {
    const key = tables
      .map(table => `${table.name}@${table.version}`)
      .sort()
      .join('\n')
    const sandbox = this.#open.get(key) ?? (await this.#openNew(tables))
    this.#open.delete(key)
    this.#open.set(key, sandbox)
    return sandbox
  }

  async #openNew(tables: readonly TableFile[]): Promise<Sandbox> {
    this.#makeRoom(tables)
    return Sandbox.open(tables, this.#settings)
  }

  /** Data kept for later may take half of what one statement may have. */
  #makeRoom(coming: readonly TableFile[]): void {
    const budget = (this.#settings.memoryLimitMb * 1024 * 1024) / 2
    const comingBytes = coming.reduce((sum, table) => sum + table.sizeBytes, 0)
    for (const [key, sandbox] of this.#open) {
      const kept = [...this.#open.values()].reduce((sum, each) => sum + each.loadedBytes, 0)
      if (this.#open.size < countMax && kept + comingBytes <= budget) return
      this.#open.delete(key)
      sandbox.close()
    }
  }
}
