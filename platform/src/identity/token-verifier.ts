import type { Clock } from '@super-data/base/clock'
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { IdentityProviderUnavailable, JwtSettingsInvalid, Unauthenticated } from './errors.ts'
import type { JwtSettings } from './settings.ts'

const defaultAlgorithms = ['RS256', 'ES256', 'EdDSA']
const asymmetric = /^(RS|PS|ES)(256|384|512)$|^EdDSA$|^Ed25519$/
const fetchTimeoutMs = 5_000
/** An unknown key id makes the keys be read again at most this often. */
const refetchAfterMs = 30_000
const keysKeptMs = 600_000
const clockToleranceSeconds = 5

/** What a verified token says about its bearer. */
export interface TokenIdentity {
  readonly issuer: string
  readonly subject: string
  readonly email: string | undefined
  readonly nameWishes: readonly (string | undefined)[]
}

/** Checks tokens of the one configured issuer: signature, algorithm, issuer, audience, times. */
export class TokenVerifier {
  readonly #settings: JwtSettings
  readonly #algorithms: string[]
  readonly #keys: ReturnType<typeof createRemoteJWKSet>
  readonly #clock: Clock

  /** Reads the keys when the first token comes. @throws JwtSettingsInvalid */
  constructor(settings: JwtSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
    this.#algorithms = checkAlgorithms(settings.algorithms ?? defaultAlgorithms)
    if (settings.issuer === '' || settings.audience === '') throw new JwtSettingsInvalid('issuer or audience is empty')
    this.#keys = createRemoteJWKSet(checkAddress(settings.jwksUrl), {
      timeoutDuration: fetchTimeoutMs,
      cooldownDuration: refetchAfterMs,
      cacheMaxAge: keysKeptMs,
    })
  }

  /** @throws Unauthenticated · IdentityProviderUnavailable when the keys cannot be read */
  async verify(token: string): Promise<TokenIdentity> {
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer: this.#settings.issuer,
        audience: this.#settings.audience,
        algorithms: this.#algorithms,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(this.#clock.now()),
      })
      return toIdentity(payload)
    } catch (failure) {
      throw toRefusal(failure)
    }
  }
}

function toIdentity(payload: JWTPayload): TokenIdentity {
  const { iss, sub } = payload
  if (iss === undefined || !sub || sub.length > 300) throw new Unauthenticated('the token is not valid here')
  const email = text(payload['email'])
  return {
    issuer: iss,
    subject: sub,
    email: payload['email_verified'] === false ? undefined : email,
    nameWishes: [text(payload['preferred_username']), email, sub],
  }
}

function text(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' && claim.length <= 254 ? claim : undefined
}

/** A token that is wrong is refused; keys that cannot be read are nobody's fault who presents one. */
function toRefusal(failure: unknown): Error {
  const unreadable =
    failure instanceof errors.JWKSTimeout ||
    failure instanceof errors.JWKSInvalid ||
    !(failure instanceof errors.JOSEError) ||
    failure.code === 'ERR_JOSE_GENERIC'
  if (failure instanceof Unauthenticated) return failure
  return unreadable ? new IdentityProviderUnavailable(failure) : new Unauthenticated('the token is not valid here')
}

function checkAlgorithms(algorithms: readonly string[]): string[] {
  const wrong = algorithms.filter(algorithm => !asymmetric.test(algorithm))
  if (wrong.length > 0) throw new JwtSettingsInvalid(`${wrong.join(', ')} cannot be checked with public keys`)
  if (algorithms.length === 0) throw new JwtSettingsInvalid('no algorithm is allowed')
  return [...algorithms]
}

function checkAddress(address: string): URL {
  if (!URL.canParse(address)) throw new JwtSettingsInvalid('the JWKS address is not a URL')
  const url = new URL(address)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new JwtSettingsInvalid('the JWKS address is not http(s)')
  return url
}
