import { PlatformError } from '@super-data/base/errors'

/** A webhook's address leads into the network of the server. */
export class AddressRefused extends PlatformError {
  readonly code = 'WEBHOOK_ADDRESS_REFUSED'
  readonly kind = 'invalid'
  constructor() {
    super('the address is not a public one', {
      hint: 'Webhooks go to public addresses. The operator can allow others with SUPER_DATA_WEBHOOKS_PRIVATE=true.',
    })
  }
}

/** There is no such webhook, or no such delivery of it. */
export class WebhookMissing extends PlatformError {
  readonly code = 'WEBHOOK_MISSING'
  readonly kind = 'missing'
  constructor(what: 'webhook' | 'delivery') {
    super(`there is no such ${what}`, { hint: '`webhooks list` shows them.' })
  }
}

/** A project has as many webhooks as it may. */
export class WebhooksTooMany extends PlatformError {
  readonly code = 'WEBHOOKS_TOO_MANY'
  readonly kind = 'limited'
  constructor(most: number) {
    super(`a project has at most ${most} webhooks`, { hint: 'Delete one first.', details: { most } })
  }
}
