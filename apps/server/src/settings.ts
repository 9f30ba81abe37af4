import { isIP } from 'node:net'
import { readSettings, SettingsInvalid, type SettingTable, type SettingValues } from '@super-data/base/settings'
import { z } from 'zod'

/** Every variable that starts with it must be in the table. */
export const settingsPrefix = 'SUPER_DATA_'

const wholeNumber = (least: number, most: number) => z.coerce.number().int().min(least).max(most)
const yesOrNo = z.stringbool()
const words = z
  .string()
  .transform(text => text.split(',').map(part => part.trim()))
  .transform(parts => parts.filter(part => part !== ''))
const webAddress = z.url({ protocol: /^https?$/, error: 'an http or https address, e.g. https://data.example.com' })

/** What an Authorization header can carry. */
const bearerToken = z
  .string()
  .regex(/^[A-Za-z0-9._~+/-]{20,}=*$/, { error: 'at least 20 letters, digits or any of . _ ~ + / -' })

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** INFO and WARNING are what other programs call them. */
const logLevel = z
  .string()
  .default('info')
  .transform(text => (text.toLowerCase() === 'warning' ? 'warn' : text.toLowerCase()))
  .pipe(z.enum(logLevels, { error: `one of ${logLevels.join(', ')}` }))

const addressRange = z.string().refine(isAddressRange, { error: 'an IP address or a range like 10.0.0.0/8' })

/** Everything an operator can set. The table is the documentation: see docs/settings.md. */
export const serverSettings = {
  host: {
    env: 'SUPER_DATA_HOST',
    about: 'Address to listen on. Anything but this machine needs `SUPER_DATA_PUBLIC_URL` too.',
    schema: z.string().min(1).default('127.0.0.1'),
  },
  port: { env: 'SUPER_DATA_PORT', about: 'TCP port of HTTP and MCP.', schema: wholeNumber(0, 65_535).default(8080) },
  publicUrl: {
    env: 'SUPER_DATA_PUBLIC_URL',
    about: 'The address that clients use, when it is not the one listened on.',
    schema: webAddress.optional(),
  },
  transport: {
    env: 'SUPER_DATA_TRANSPORT',
    about: 'How `serve` speaks: `http`, or `stdio` for one local client.',
    schema: z.enum(['http', 'stdio'], { error: 'http or stdio' }).default('http'),
  },
  home: {
    env: 'SUPER_DATA_HOME',
    about: 'Folder of everything the server keeps.',
    schema: z.string().min(1).default('./data'),
  },
  datasetsPath: {
    env: 'SUPER_DATA_DATASETS_PATH',
    about: 'Folder of datasets. Default: `datasets` in the home folder.',
    schema: z.string().min(1).optional(),
  },
  databasePath: {
    env: 'SUPER_DATA_DATABASE_PATH',
    about: 'The library’s database file. Default: `database/tools.db` in the home folder.',
    schema: z.string().min(1).optional(),
  },
  logLevel: { env: 'SUPER_DATA_LOG_LEVEL', about: `Least severe log line: ${logLevels.join(', ')}.`, schema: logLevel },
  adminKey: {
    env: 'ADMIN_API_KEY',
    about: 'A key that acts as the owner, for machines that set servers up.',
    schema: bearerToken.optional(),
    secret: true,
  },
  trustUserHeader: {
    env: 'SUPER_DATA_TRUST_USER_HEADER',
    about: 'Believe `X-User-ID` from trusted proxies when no token is sent.',
    schema: yesOrNo.default(false),
  },
  trustedProxies: {
    env: 'SUPER_DATA_TRUSTED_PROXIES',
    about: 'Addresses or ranges, by commas, whose `X-User-ID` is believed.',
    schema: words.pipe(z.array(addressRange)).default([]),
  },
  jwtIssuer: {
    env: 'SUPER_DATA_JWT_ISSUER',
    about: 'Issuer whose tokens are accepted.',
    schema: webAddress.optional(),
  },
  jwtAudience: {
    env: 'SUPER_DATA_JWT_AUDIENCE',
    about: 'Audience a token must name. Default: the public address.',
    schema: z.string().min(1).optional(),
  },
  jwksUrl: { env: 'SUPER_DATA_JWKS_URL', about: 'Where the issuer publishes its keys.', schema: webAddress.optional() },
  jwtAlgorithms: {
    env: 'SUPER_DATA_JWT_ALGORITHMS',
    about: 'Signature algorithms accepted, by commas.',
    schema: words
      .pipe(z.array(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])))
      .default(['RS256', 'ES256']),
  },
  approvalThreshold: {
    env: 'SUPER_DATA_APPROVAL_THRESHOLD',
    about: 'Votes a tool needs, once a project has that many voters.',
    schema: wholeNumber(1, 100).default(2),
  },
  safeApprovalThreshold: {
    env: 'SUPER_DATA_SAFE_APPROVAL_THRESHOLD',
    about: 'The same for a safe tool: small, its test cases pass, no warnings, nothing similar. Default: no fewer.',
    schema: wholeNumber(1, 100).optional(),
  },
  proposalHours: {
    env: 'SUPER_DATA_AUTO_APPROVE_TIMEOUT',
    about: 'Hours until a proposal without enough votes expires.',
    schema: wholeNumber(1, 8_760).default(24),
  },
  autoApprove: {
    env: 'SUPER_DATA_AUTO_APPROVE',
    about: 'At its deadline, approve a proposal that somebody approved and nobody rejected. Otherwise it expires.',
    schema: yesOrNo.default(false),
  },
  voteConfirmation: {
    env: 'SUPER_DATA_VOTE_CONFIRMATION',
    about:
      'What makes a vote over MCP count: `none`, a `code` its voter reads elsewhere, or an `elicitation`: the client asks its person, or a code where it cannot.',
    schema: z.enum(['none', 'code', 'elicitation'], { error: 'none, code or elicitation' }).default('none'),
  },
  maxPendingTools: {
    env: 'SUPER_DATA_MAX_PENDING_TOOLS',
    about: 'Proposals of one person that may wait for votes at the same time.',
    schema: wholeNumber(1, 1_000).default(10),
  },
  maxQueryComplexity: {
    env: 'SUPER_DATA_MAX_QUERY_COMPLEXITY',
    about: 'Highest complexity score of a program that is put before the team.',
    schema: wholeNumber(10, 1_000_000).default(1_000),
  },
  maxTestMs: {
    env: 'SUPER_DATA_MAX_EXECUTION_TIME_MS',
    about: 'Longest one test case of a proposal may run, in milliseconds.',
    schema: wholeNumber(100, 600_000).default(5_000),
  },
  enableLearning: {
    env: 'SUPER_DATA_ENABLE_LEARNING',
    about: 'Whether questions may be put before the team as tools, and suggestions are made from what was asked.',
    schema: yesOrNo.default(true),
  },
  queryTimeoutSeconds: {
    env: 'SUPER_DATA_QUERY_TIMEOUT_SECONDS',
    about: 'Longest one question may run.',
    schema: wholeNumber(1, 3_600).default(30),
  },
  runLogDays: {
    env: 'SUPER_DATA_RUN_LOG_DAYS',
    about: 'Days for which the execution log is kept; statistics and suggestions know no more.',
    schema: wholeNumber(1, 3_650).default(90),
  },
  maxResultSizeMb: {
    env: 'SUPER_DATA_MAX_RESULT_SIZE_MB',
    about: 'Largest result a question may make, in MB.',
    schema: wholeNumber(1, 10_000).default(100),
  },
  cacheSizeMb: {
    env: 'SUPER_DATA_CACHE_SIZE_MB',
    about: 'Memory for datasets and results kept ready, in MB.',
    schema: wholeNumber(0, 100_000).default(500),
  },
  postgresFile: {
    env: 'SUPER_DATA_POSTGRES_FILE',
    about: 'PostgreSQL sources, in YAML; secrets there name variables. Default: `postgres.yml` in the home folder.',
    schema: z.string().min(1).optional(),
  },
  webhooksPrivate: {
    env: 'SUPER_DATA_WEBHOOKS_PRIVATE',
    about: 'Whether webhooks may call addresses inside the network of this server.',
    schema: yesOrNo.default(false),
  },
  rateLimitPerMinute: {
    env: 'SUPER_DATA_RATE_LIMIT_PER_MINUTE',
    about: 'Calls of one key a minute.',
    schema: wholeNumber(1, 10_000_000).default(600),
  },
  concurrentCallsMax: {
    env: 'SUPER_DATA_CONCURRENT_CALLS_MAX',
    about: 'Calls of one key at the same time.',
    schema: wholeNumber(1, 10_000).default(16),
  },
  s3Bucket: {
    env: 'SUPER_DATA_S3_BUCKET',
    about: 'Bucket through which installations share the library. None: no sync.',
    schema: z.string().min(3).max(63).optional(),
  },
  s3Endpoint: {
    env: 'SUPER_DATA_S3_ENDPOINT',
    about: 'Address of the object store, when it is not Amazon’s; `file:///folder` shares through a local folder.',
    schema: z.url({ protocol: /^(https?|file)$/, error: 'an http, https or file address' }).optional(),
  },
  s3Prefix: {
    env: 'SUPER_DATA_S3_PREFIX',
    about: 'What all keys in the bucket start with, e.g. `team-a/`.',
    schema: z
      .string()
      .regex(/^([A-Za-z0-9_.-]+\/)*$/, { error: 'folders, each ending in /, e.g. team-a/' })
      .default(''),
  },
  s3DbKey: {
    env: 'SUPER_DATA_S3_DB_KEY',
    about: 'Object that holds the shared library.',
    schema: z.string().min(1).max(500).default('databases/tools.db'),
  },
  s3PathStyle: {
    env: 'SUPER_DATA_S3_PATH_STYLE',
    about: 'Put the bucket into the path of addresses, as most stores but Amazon’s want it. Default: with an endpoint.',
    schema: yesOrNo.optional(),
  },
  awsRegion: {
    env: 'AWS_REGION',
    about: 'Region of the buckets.',
    schema: z.string().min(1).default('us-east-1'),
  },
  awsAccessKeyId: {
    env: 'AWS_ACCESS_KEY_ID',
    about: 'Who asks the bucket, and those that datasets are read from.',
    schema: z.string().min(1).optional(),
  },
  awsSecretAccessKey: {
    env: 'AWS_SECRET_ACCESS_KEY',
    about: 'Secret of that key.',
    schema: z.string().min(1).optional(),
    secret: true,
  },
  syncIntervalSeconds: {
    env: 'SUPER_DATA_SYNC_INTERVAL',
    about: 'Seconds between two syncs of the library, at most while the bucket answers.',
    schema: wholeNumber(1, 86_400).default(30),
  },
  syncOnChange: {
    env: 'SUPER_DATA_SYNC_ON_CHANGE',
    about: 'Write changes of the library to the bucket at once; `false`: with the next sync.',
    schema: yesOrNo.default(true),
  },
  s3LockTimeoutSeconds: {
    env: 'SUPER_DATA_S3_LOCK_TIMEOUT_SECONDS',
    about: 'Seconds after which another installation’s turn to write counts as given up.',
    schema: wholeNumber(1, 3_600).default(45),
  },
} as const satisfies SettingTable

export type ServerSettings = SettingValues<typeof serverSettings>

/** @throws SettingsInvalid naming every mistake at once */
export function readServerSettings(environment: Readonly<Record<string, string | undefined>>): ServerSettings {
  return readSettings(serverSettings, environment, settingsPrefix)
}

/** What no single setting can say. @throws SettingsInvalid */
export function requireConsistent(settings: ServerSettings): void {
  const { jwtIssuer, jwksUrl, host, publicUrl } = settings
  const mistakes = bucketMistakes(settings)
  if ((jwtIssuer === undefined) !== (jwksUrl === undefined)) {
    mistakes.push('SUPER_DATA_JWT_ISSUER and SUPER_DATA_JWKS_URL: give both or neither')
  }
  if (!isOwnMachine(host) && publicUrl === undefined) {
    mistakes.push(`SUPER_DATA_PUBLIC_URL: needed when listening on ${host}, so that links and Host checks are right`)
  }
  if (mistakes.length > 0) throw new SettingsInvalid(mistakes)
}

function bucketMistakes({ s3Bucket, s3Endpoint, awsAccessKeyId, awsSecretAccessKey }: ServerSettings): string[] {
  if (s3Bucket === undefined || s3Endpoint?.startsWith('file:')) return []
  const missing = [
    ...(awsAccessKeyId === undefined ? ['AWS_ACCESS_KEY_ID'] : []),
    ...(awsSecretAccessKey === undefined ? ['AWS_SECRET_ACCESS_KEY'] : []),
  ]
  return missing.map(name => `${name}: needed with SUPER_DATA_S3_BUCKET`)
}

const isOwnMachine = (host: string) => host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}
