/** Bounds of anything that stays open by mistake. */
const strayTransactionMs = 300_000

/**
 * What holds in a connection before its first statement, and again after each `DISCARD ALL`.
 *
 * @param watchClient lets the server notice within a second that its client is gone.
 */
export function startupSettings(
  settings: Readonly<Record<string, string>>,
  watchClient: boolean,
): Readonly<Record<string, string>> {
  return {
    standard_conforming_strings: 'on',
    client_encoding: 'UTF8',
    // Answers do not depend on how a role or database happens to be set.
    DateStyle: 'ISO, YMD',
    IntervalStyle: 'postgres',
    extra_float_digits: '1',
    bytea_output: 'hex',
    idle_in_transaction_session_timeout: String(strayTransactionMs),
    ...(watchClient ? { client_connection_check_interval: '1000' } : {}),
    ...settings,
  }
}

/** As the `options` of a connection. */
export function startupOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${escapeOption(value)}`)
    .join(' ')
}

function escapeOption(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll(' ', '\\ ')
}
