import { PlatformError } from '@super-data/base/errors'

/** A setting that a session may not change, or not to that value. */
export class PostgresSettingRefused extends PlatformError {
  readonly code = 'POSTGRES_SETTING_REFUSED'
  readonly kind = 'denied'
  constructor(name: string, reason: string) {
    super(`the setting ${JSON.stringify(name)} is refused: ${reason}`, {
      hint: 'Settings of the planner, of output formats, work_mem and lower timeouts can be set for a transaction.',
      details: { name },
    })
  }
}
