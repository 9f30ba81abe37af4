import type { Clock } from '@super-data/base/clock'
import { must } from '@super-data/base/errors'
import type { Ids } from '@super-data/base/ids'
import type { Log } from '@super-data/base/log'
import type { Database } from '@super-data/metadata'
import { type AuditLine, insertAudit } from '../audit/audit-trail.ts'
import type { Credentials, Principal } from '../principal.ts'
import type { Stamps } from '../stamps.ts'
import type { LibraryTables } from '../state/library.ts'
import type { PlatformTables } from '../state/platform.ts'
import { governed } from '../state/shared-tables.ts'
import { AdminKeyTooShort, Unauthenticated } from './errors.ts'
import type { KeyUse } from './key-use.ts'
import { findKey, findLiveKey, isLive, type KeyRow } from './keys.ts'
import { defaultProject, homeProject } from './projects.ts'
import { hashSecret, sameHash } from './secrets.ts'
import type { IdentitySettings } from './settings.ts'
import { type TokenIdentity, TokenVerifier } from './token-verifier.ts'
import { TrustedProxies } from './trusted-proxies.ts'
import { firstFreeName, freeUserName, toUserName } from './user-name.ts'
import {
  findOldestOwner,
  findUser,
  findUserByName,
  findUserByToken,
  insertUser,
  isReservedName,
  systemUser,
  type UserRow,
} from './users.ts'

const adminKeyCharactersMin = 16
const bearerCharactersMax = 8_192
/** Three parts of base64url: no key contains a dot. */
const tokenShape = /^[\w-]+\.[\w-]+\.[\w-]*$/
const invalidCredential = 'the credential is unknown, expired or revoked'

export interface AuthenticationParts {
  readonly library: Database<LibraryTables>
  readonly platform: Database<PlatformTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly keyUse: KeyUse
  readonly stamps: Stamps
}

/** Turns what a request presents into whoever it is. Nothing is remembered: a revoked key is refused on its next use. */
export class Authentication {
  readonly #parts: AuthenticationParts
  readonly #settings: IdentitySettings
  readonly #adminKeyHash: string | undefined
  readonly #tokens: TokenVerifier | undefined
  readonly #proxies: TrustedProxies

  /** @throws AdminKeyTooShort · JwtSettingsInvalid · ProxyAddressInvalid */
  constructor(parts: AuthenticationParts, settings: IdentitySettings) {
    this.#parts = parts
    this.#settings = settings
    this.#adminKeyHash = settings.adminKey === undefined ? undefined : hashAdminKey(settings.adminKey)
    this.#tokens = settings.jwt && new TokenVerifier(settings.jwt, parts.clock)
    this.#proxies = new TrustedProxies(settings.trustUserHeader === true ? (settings.trustedProxies ?? []) : [])
  }

  /**
   * A bearer decides alone; the user header counts only without one and from a trusted proxy; the operating-system
   * user only where a door says so.
   *
   * @throws Unauthenticated · IdentityProviderUnavailable
   */
  async authenticate(credentials: Credentials): Promise<Principal> {
    const { bearer, userHeader, local } = credentials
    if (bearer !== undefined) return this.#agreeing(await this.#byBearer(bearer), userHeader)
    if (userHeader !== undefined && this.#proxies.has(credentials.address)) return this.#byHeader(userHeader)
    if (local !== undefined) return this.#byLocal(local)
    throw new Unauthenticated()
  }

  /** The same principal with the rights of this moment; undefined when it would no longer get in. */
  async current(principal: Principal): Promise<Principal | undefined> {
    const { library, platform, clock } = this.#parts
    const user = await findUser(library.read, principal.userId)
    if (user?.state !== 'active') return undefined
    if (principal.keyId !== undefined) {
      const key = await findKey(platform.read, principal.keyId)
      if (key === undefined || !isLive(key, clock.now())) return undefined
    }
    return { ...principal, role: user.role }
  }

  async #byBearer(bearer: string): Promise<Principal> {
    if (bearer === '' || bearer.length > bearerCharactersMax) throw new Unauthenticated(invalidCredential)
    if (this.#isAdminKey(bearer)) return this.#byAdminKey()
    return tokenShape.test(bearer) ? this.#byToken(bearer) : this.#byKey(bearer)
  }

  #isAdminKey(bearer: string): boolean {
    return this.#adminKeyHash !== undefined && sameHash(hashSecret(bearer), this.#adminKeyHash)
  }

  async #byAdminKey(): Promise<Principal> {
    const owner = must(await findOldestOwner(this.#parts.library.read), 'an active owner')
    return unlimited(owner, 'key', defaultProject)
  }

  async #byKey(bearer: string): Promise<Principal> {
    const { library, platform, clock, keyUse } = this.#parts
    const key = await findLiveKey(platform.read, bearer, clock.now())
    if (key === undefined) throw new Unauthenticated(invalidCredential)
    const user = active(await findUser(library.read, key.user_id))
    keyUse.note(key)
    return limitedBy(key, user)
  }

  async #byToken(token: string): Promise<Principal> {
    if (this.#tokens === undefined) throw new Unauthenticated(invalidCredential)
    const identity = await this.#tokens.verify(token)
    const user = active((await findUserByToken(this.#parts.library.read, identity)) ?? (await this.#join(identity)))
    return unlimited(user, 'jwt', await homeProject(this.#parts.library.read, user))
  }

  /** Somebody the issuer vouches for comes for the first time: a plain user, in no project yet. */
  async #join(identity: TokenIdentity): Promise<UserRow> {
    const { library, ids, log } = this.#parts
    return library.write(async transaction => {
      const first = await findUserByToken(transaction, identity)
      if (first !== undefined) return first
      const name = await freeUserName(transaction, identity.nameWishes, ids)
      const token = { issuer: identity.issuer, subject: identity.subject }
      const email = identity.email ?? null
      const made = { name, email, token, role: 'user', state: 'active' } as const
      const user = await insertUser(transaction, made, this.#parts)
      await insertAudit(governed(transaction), joinedLine(user, 'http', this.#parts))
      log.info({ user: user.name }, 'a user joined by token')
      return user
    })
  }

  async #byHeader(name: string): Promise<Principal> {
    const { read } = this.#parts.library
    // Operating-system users come by the local door alone.
    if (isReservedName(name)) throw new Unauthenticated(invalidCredential)
    const user = active(await findUserByName(read, name))
    return unlimited(user, 'header', await homeProject(read, user))
  }

  async #byLocal(operatingSystemUser: string): Promise<Principal> {
    const { read } = this.#parts.library
    const subject = operatingSystemUser.replace(/^system:/, '')
    // Of the same name on another machine is somebody else.
    const token = { issuer: `os:${this.#parts.stamps.nodeId}`, subject }
    const user = active((await findUserByToken(read, token)) ?? (await this.#admitLocal(token)))
    return unlimited(user, 'local', await homeProject(read, user))
  }

  async #admitLocal(token: { readonly issuer: string; readonly subject: string }): Promise<UserRow> {
    const { library, ids } = this.#parts
    const role = this.#settings.localRole ?? 'owner'
    return library.write(async transaction => {
      const first = await findUserByToken(transaction, token)
      if (first !== undefined) return first
      const wish = `system:${toUserName(token.subject) || 'user'}`
      const name = await firstFreeName(transaction, wish, ids)
      const user = await insertUser(transaction, { name, token, role, state: 'active' }, this.#parts)
      await insertAudit(governed(transaction), joinedLine(user, 'cli', this.#parts))
      return user
    })
  }

  /** A header that names somebody else than the bearer is a sign of confusion or worse: neither counts. */
  #agreeing(principal: Principal, userHeader: string | undefined): Principal {
    const named = userHeader?.toLowerCase()
    if (named === undefined || named === principal.userName.toLowerCase() || userHeader === principal.userId) {
      return principal
    }
    throw new Unauthenticated('the user header and the credential name different users')
  }
}

/** Nobody called an operation, and yet there is a new user: the audit says so. */
function joinedLine(user: UserRow, door: AuditLine['door'], { ids, clock }: { ids: Ids; clock: Clock }): AuditLine {
  return {
    id: ids.next('audit'),
    at: clock.now(),
    user_id: user.id,
    user_name: user.name,
    operation: 'users.join',
    project: null,
    target: user.name,
    outcome: 'ok',
    code: null,
    request_id: '',
    door,
  }
}

function hashAdminKey(adminKey: string): string {
  if (adminKey.length < adminKeyCharactersMin) throw new AdminKeyTooShort(adminKeyCharactersMin)
  return hashSecret(adminKey)
}

/** @throws Unauthenticated unless the user is there and active */
function active(user: UserRow | undefined): UserRow {
  if (user?.state !== 'active' || user.id === systemUser.id) throw new Unauthenticated(invalidCredential)
  return user
}

function unlimited(user: UserRow, method: Principal['method'], project: string): Principal {
  return {
    userId: user.id,
    userName: user.name,
    role: user.role,
    method,
    keyId: undefined,
    project,
    onlyProject: false,
    ceiling: 'admin',
  }
}

function limitedBy(key: KeyRow, user: UserRow): Principal {
  return {
    ...unlimited(user, 'key', key.project),
    keyId: key.id,
    onlyProject: key.only_project === 1,
    ceiling: key.need,
  }
}
