import { PlatformError } from '@super-data/base/errors'

/** Nobody knows who is calling. */
export class Unauthenticated extends PlatformError {
  readonly code = 'UNAUTHENTICATED'
  readonly kind = 'unauthenticated'
  constructor(message = 'no credential was presented') {
    super(message, { hint: 'Send `Authorization: Bearer <key>`; an admin makes keys and invitations.' })
  }
}

/** The token of a request could not be checked, because its issuer's keys could not be read. */
export class IdentityProviderUnavailable extends PlatformError {
  readonly code = 'IDENTITY_PROVIDER_UNAVAILABLE'
  readonly kind = 'unavailable'
  constructor(cause: unknown) {
    super('the keys that tokens are checked with cannot be read right now', {
      cause,
      hint: 'Try again shortly, or use an API key.',
    })
  }
}

/** The settings for signed tokens cannot be safe as they are. */
export class JwtSettingsInvalid extends PlatformError {
  readonly code = 'JWT_SETTINGS_INVALID'
  readonly kind = 'invalid'
  constructor(problem: string) {
    super(`the token settings are wrong: ${problem}`, {
      hint: 'Give issuer, audience, an http(s) JWKS address and asymmetric algorithms such as RS256 or ES256.',
    })
  }
}

/** A short admin key could be guessed. */
export class AdminKeyTooShort extends PlatformError {
  readonly code = 'ADMIN_KEY_TOO_SHORT'
  readonly kind = 'invalid'
  constructor(charactersMin: number) {
    super(`the admin key is shorter than ${charactersMin} characters`, { hint: 'Use a long random value.' })
  }
}

/** An address in the list of trusted proxies that is none. */
export class ProxyAddressInvalid extends PlatformError {
  readonly code = 'PROXY_ADDRESS_INVALID'
  readonly kind = 'invalid'
  constructor(address: string) {
    super(`"${address}" is not an IP address or CIDR range`, { hint: 'Write 10.0.0.7 or 10.0.0.0/8.' })
  }
}

/** There is no user of that name. */
export class UserMissing extends PlatformError {
  readonly code = 'USER_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('there is no such user', { hint: 'Names are as `users list` or `members list` shows them.' })
  }
}

/** A user of that name exists. */
export class UserExists extends PlatformError {
  readonly code = 'USER_EXISTS'
  readonly kind = 'conflict'
  constructor() {
    super('a user of this name already exists', {
      hint: 'Choose another name, or change the user that exists with `users update`.',
    })
  }
}

/** Names that the installation keeps for itself. */
export class UserNameReserved extends PlatformError {
  readonly code = 'USER_NAME_RESERVED'
  readonly kind = 'invalid'
  constructor() {
    super('names that begin with `system` are reserved', { hint: 'Choose another name.' })
  }
}

/** The user has not accepted the invitation yet, or is disabled. */
export class UserInactive extends PlatformError {
  readonly code = 'USER_INACTIVE'
  readonly kind = 'conflict'
  constructor(state: 'invited' | 'disabled') {
    super(state === 'invited' ? 'the user has not accepted the invitation yet' : 'the user is disabled', {
      hint: state === 'invited' ? 'Invite them again to make a new link.' : 'Enable them with `users update` first.',
      details: { state },
    })
  }
}

/** Without an owner nobody could ever make one. */
export class LastOwner extends PlatformError {
  readonly code = 'LAST_OWNER'
  readonly kind = 'conflict'
  constructor() {
    super('this is the last active owner', { hint: 'Make somebody else an owner first.' })
  }
}

/** No such key, or it is somebody else's. */
export class KeyMissing extends PlatformError {
  readonly code = 'KEY_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('there is no such key', { hint: '`keys list` shows yours.' })
  }
}

/** A key that no longer works cannot be replaced by one that does. */
export class KeyInactive extends PlatformError {
  readonly code = 'KEY_INACTIVE'
  readonly kind = 'conflict'
  constructor() {
    super('the key was revoked or has expired', { hint: 'Make a new one with `keys create`.' })
  }
}

/** The link is not one of ours, or a newer invitation took its place. */
export class InvitationMissing extends PlatformError {
  readonly code = 'INVITATION_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('there is no such invitation', { hint: 'Paste the whole link, or ask for a new one.' })
  }
}

/** Somebody has redeemed the invitation before. */
export class InvitationUsed extends PlatformError {
  readonly code = 'INVITATION_USED'
  readonly kind = 'missing'
  constructor() {
    super('this invitation was already used', { hint: 'It works once. Ask for a new one if it was not you.' })
  }
}

/** The invitation was not redeemed in time. */
export class InvitationExpired extends PlatformError {
  readonly code = 'INVITATION_EXPIRED'
  readonly kind = 'missing'
  constructor() {
    super('this invitation has expired', { hint: 'Ask for a new one.' })
  }
}

/** A project of that name exists. */
export class ProjectExists extends PlatformError {
  readonly code = 'PROJECT_EXISTS'
  readonly kind = 'conflict'
  constructor() {
    super('a project of this name already exists', { hint: 'Choose another name.' })
  }
}
