import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

export interface LogSettings {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
}

/** Field names whose values never reach the log, wherever they stand. */
const secretFields = ['authorization', 'cookie', 'key', 'apiKey', 'token', 'secret', 'password', 'params']

const secretPaths = secretFields.flatMap(name => [name, `*.${name}`, `*.*.${name}`])

/** A JSON log, one line an event, on stderr by default: stdout belongs to protocols. */
export function openLog(settings: LogSettings, destination: DestinationStream = pino.destination(2)): Log {
  return pino(
    {
      level: settings.level,
      base: null,
      redact: { paths: secretPaths, censor: '[secret]' },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination,
  )
}
