import type { Clock } from '@super-data/base/clock'
import type { Ids, Random } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { Need } from '@super-data/contract'
import type { Database } from '@super-data/metadata'
import type { Credentials, Principal } from '../principal.ts'
import type { Stamps } from '../stamps.ts'
import type { LibraryTables } from '../state/library.ts'
import type { PlatformTables } from '../state/platform.ts'
import { Authentication } from './authentication.ts'
import { type Bootstrap, bootstrap } from './bootstrap.ts'
import { KeyUse } from './key-use.ts'
import { mayRead, type ProjectStanding, requireProject } from './projects.ts'
import type { IdentitySettings } from './settings.ts'

export interface IdentityParts {
  readonly library: Database<LibraryTables>
  readonly platform: Database<PlatformTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly random: Random
  readonly log: Log
  readonly stamps: Stamps
}

/** Who calls, and what they may see. */
export class Identity implements AsyncDisposable {
  readonly settings: IdentitySettings
  readonly parts: IdentityParts
  readonly #authentication: Authentication
  readonly #keyUse: KeyUse

  private constructor(parts: IdentityParts, settings: IdentitySettings) {
    this.parts = parts
    this.settings = { ...settings, publicUrl: () => settings.publicUrl().replace(/\/+$/, '') }
    this.#keyUse = new KeyUse(parts.platform, parts.clock, parts.log)
    this.#authentication = new Authentication({ ...parts, keyUse: this.#keyUse }, settings)
  }

  /**
   * Borrows the databases.
   *
   * @throws AdminKeyTooShort · JwtSettingsInvalid · ProxyAddressInvalid
   */
  static async open(options: IdentityParts & { readonly settings: IdentitySettings }): Promise<Identity> {
    const { settings, ...parts } = options
    return new Identity(parts, settings)
  }

  /** Makes the first project, owner and key where they are missing. Call it once, before anybody is let in. */
  bootstrap(): Promise<Bootstrap> {
    return bootstrap(this.parts, this.settings.ownerName ?? 'owner')
  }

  /** @throws Unauthenticated · IdentityProviderUnavailable */
  authenticate(credentials: Credentials): Promise<Principal> {
    return this.#authentication.authenticate(credentials)
  }

  /** The same principal with the rights of this moment; undefined when it would no longer get in. */
  current(principal: Principal): Promise<Principal | undefined> {
    return this.#authentication.current(principal)
  }

  /** @throws ProjectMissing · AccessDenied · CredentialLimited */
  requireProject(principal: Principal, need: Need, project: string): Promise<ProjectStanding> {
    return requireProject(this.parts.library.read, principal, need, project)
  }

  mayRead(principal: Principal, project: string): Promise<boolean> {
    return mayRead(this.parts.library.read, principal, project)
  }

  /** Writes what is noted about the use of keys. */
  flush(): Promise<void> {
    return this.#keyUse.flush()
  }

  close(): Promise<void> {
    return this.#keyUse.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
