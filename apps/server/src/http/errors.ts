import { PlatformError } from '@super-data/base/errors'

/** No operation, page or stream lives at this address. */
export class RouteMissing extends PlatformError {
  readonly code = 'ROUTE_MISSING'
  readonly kind = 'missing'
  constructor() {
    super('nothing is served at this address', { hint: 'See /docs for every address.' })
  }
}

/** The address exists, but not for this method. `allow` lists those it has. */
export class MethodNotAllowed extends PlatformError {
  readonly code = 'METHOD_NOT_ALLOWED'
  readonly kind = 'invalid'
  readonly allow: readonly string[]
  constructor(allow: readonly string[]) {
    super('this address does not take this method', { hint: `Use ${allow.join(' or ')}.`, details: { allow } })
    this.allow = allow
  }
}

/** The Host header names a host this server does not answer for: the sign of a DNS rebinding attack. */
export class HostRefused extends PlatformError {
  readonly code = 'HOST_REFUSED'
  readonly kind = 'denied'
  constructor() {
    super('the Host header names another server', {
      hint: 'Set SUPER_DATA_PUBLIC_URL to the address that clients use.',
    })
  }
}

/** A page of another site made this request. */
export class OriginRefused extends PlatformError {
  readonly code = 'ORIGIN_REFUSED'
  readonly kind = 'denied'
  constructor() {
    super('requests from pages of another site are refused', {
      hint: 'Set SUPER_DATA_PUBLIC_URL when the page is served from there.',
    })
  }
}

/** A header that says who is calling came twice, so nobody can say which one counts. */
export class HeaderRepeated extends PlatformError {
  readonly code = 'HEADER_REPEATED'
  readonly kind = 'invalid'
  constructor(header: string) {
    super(`the header ${header} was sent more than once`, { hint: 'Send it once.', details: { header } })
  }
}

/** The Authorization header is there but is not `Bearer <token>`. */
export class AuthorizationMalformed extends PlatformError {
  readonly code = 'AUTHORIZATION_MALFORMED'
  readonly kind = 'unauthenticated'
  constructor() {
    super('the Authorization header is not a bearer token', { hint: 'Send `Authorization: Bearer <key>`.' })
  }
}

/** The body is not announced as JSON. */
export class NotJson extends PlatformError {
  readonly code = 'BODY_NOT_JSON'
  readonly kind = 'invalid'
  constructor() {
    super('the body must be JSON', { hint: 'Send `Content-Type: application/json`.' })
  }
}

/** The body is announced as JSON and is not. */
export class JsonMalformed extends PlatformError {
  readonly code = 'BODY_MALFORMED'
  readonly kind = 'invalid'
  constructor(reason: string) {
    super(`the body cannot be read: ${reason}`, { hint: 'Send one JSON object in UTF-8.' })
  }
}

/** The body is larger than the server reads. */
export class BodyTooLarge extends PlatformError {
  readonly code = 'BODY_TOO_LARGE'
  readonly kind = 'limited'
  constructor(bytesMax: number) {
    super(`the body is larger than ${bytesMax} bytes`, { hint: 'Send less at once.', details: { bytesMax } })
  }
}

/** Another request with a body of more than 4 MiB is being answered. */
export class LargeBodyBusy extends PlatformError {
  readonly code = 'LARGE_BODY_BUSY'
  readonly kind = 'unavailable'
  constructor() {
    super('the server is busy with another large document', { hint: 'Try again in a minute.' })
  }
}

/** The body nests arrays and objects deeper than the server reads. */
export class BodyTooDeep extends PlatformError {
  readonly code = 'BODY_TOO_DEEP'
  readonly kind = 'invalid'
  constructor(depthMax: number) {
    super(`the body nests deeper than ${depthMax} levels`, { hint: 'Send a flatter value.', details: { depthMax } })
  }
}

/** The work took longer than any call may. */
export class CallTimedOut extends PlatformError {
  readonly code = 'CALL_TIMED_OUT'
  readonly kind = 'limited'
  constructor(timeoutMs: number) {
    super(`the call took longer than ${timeoutMs} ms`, { hint: 'Ask for less at once.', details: { timeoutMs } })
  }
}

/** One caller holds as many open streams as it may. */
export class StreamsTooMany extends PlatformError {
  readonly code = 'STREAMS_TOO_MANY'
  readonly kind = 'limited'
  override readonly retryable = true
  constructor(streamsMax: number) {
    super(`a caller may hold ${streamsMax} open streams`, {
      hint: 'Close one of the open streams first.',
      details: { streamsMax },
    })
  }
}

/** The server is stopping and takes no new work. */
export class ServerStopping extends PlatformError {
  readonly code = 'SERVER_STOPPING'
  readonly kind = 'unavailable'
  constructor() {
    super('the server is stopping', { hint: 'Try again in a few seconds.' })
  }
}

/** Every MCP session is in use. */
export class SessionsFull extends PlatformError {
  readonly code = 'MCP_SESSIONS_FULL'
  readonly kind = 'unavailable'
  constructor(sessionsMax: number) {
    super(`all ${sessionsMax} MCP sessions are in use`, {
      hint: 'Try again later, or use protocol revision 2026-07-28, which needs no session.',
      details: { sessionsMax },
    })
  }
}
