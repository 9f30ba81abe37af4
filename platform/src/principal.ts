import type { Need, Role } from '@super-data/contract'

/** What a door found on a request that could say who is calling. The platform decides what counts. */
export interface Credentials {
  /** The token of an `Authorization: Bearer` header. */
  readonly bearer?: string
  /** The `X-User-ID` header. */
  readonly userHeader?: string
  /** The peer's IP address. */
  readonly address?: string
  /** The operating-system user, on stdio and in-process only. */
  readonly local?: string
}

/** Whoever makes a call, once known. */
export interface Principal {
  readonly userId: string
  readonly userName: string
  readonly role: Role
  readonly method: 'key' | 'jwt' | 'header' | 'local'
  readonly keyId: string | undefined
  /** Where calls go that name no project. */
  readonly project: string
  /** True when the credential works in `project` alone. */
  readonly onlyProject: boolean
  /** The most this credential may do, whatever its user may. */
  readonly ceiling: Need
}
