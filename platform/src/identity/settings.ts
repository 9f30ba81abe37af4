import type { Role } from '@super-data/contract'

export interface IdentitySettings {
  /** Where people and clients reach this installation; asked anew each time, for the port may be known late. */
  readonly publicUrl: () => string
  /** Name of the user the first start makes. Default: `owner`. */
  readonly ownerName?: string
  /** A key that acts as the oldest active owner; at least 16 characters. */
  readonly adminKey?: string
  /** What an operating-system user becomes when first seen: whoever can read the data folder owns it. Default: owner. */
  readonly localRole?: Role
  readonly jwt?: JwtSettings
  /** Whether `X-User-ID` counts at all. Default: false. */
  readonly trustUserHeader?: boolean
  /** The addresses (IP or CIDR) it counts from. Default: none. */
  readonly trustedProxies?: readonly string[]
}

/** Tokens signed by one identity provider. */
export interface JwtSettings {
  readonly issuer: string
  readonly audience: string
  /** Where the issuer publishes its public keys. */
  readonly jwksUrl: string
  /** The signature algorithms accepted, all asymmetric. Default: RS256, ES256, EdDSA. */
  readonly algorithms?: readonly string[]
}
