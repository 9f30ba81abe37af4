import { execFile } from 'node:child_process'
import { access, constants, mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { PlatformError } from '@super-data/base/errors'
import type { ServerSettings } from '@super-data/server'
import { Command } from 'commander'
import { answersAt, type Connection } from '../connection.ts'
import { isPortFree } from '../free-port.ts'
import { InstallationConnection } from '../installation-connection.ts'
import type { OpenOptions } from '../open-connection.ts'
import type { Outcome } from '../outcome.ts'
import { type Profile, readProfile } from '../profile.ts'
import { openRemote } from '../remote.ts'
import { datasetProblems } from '../render/dataset-problems.ts'
import { durationText } from '../render/output.ts'
import { renderTable } from '../render/table.ts'
import type { SettingChanges } from '../settings.ts'
import { print, type Shell } from '../terminal.ts'
import { chooseWay, type Way } from '../way.ts'

type ServerWay = Extract<Way, { readonly to: 'server' }>

/** One thing that was looked at. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failed'
  readonly found: string
}

/** `doctor`: looks at everything an installation needs. Changes nothing. Ends with 1 when a check failed. */
export function doctorCommand(shell: Shell, outcome: Outcome): Command {
  const command = new Command('doctor').description('Check that everything works here.')
  command
    .option('--home <folder>', 'The home folder to check (SUPER_DATA_HOME).')
    .option('--datasets <folder>', 'Where the data lies (SUPER_DATA_DATASETS_PATH).')
    .option('--url <url>', 'Server to check the connection to (SUPER_DATA_URL).')
    .option('--key <key>', 'Key for it (SUPER_DATA_API_KEY).')
    .option('--json', 'Print exact JSON.')
    .option('-v, --verbose', 'Say more, and the cause of a failure.')
    .addHelpText('after', '\nExample:\n  super-data doctor --json')
  return command.action(async () => {
    const options = command.optsWithGlobals<DoctorOptions>()
    const findings = await examine(shell, options)
    print(shell, options.json ? JSON.stringify(findings) : renderFindings(shell, findings))
    if (findings.some(({ state }) => state === 'failed')) outcome.exitCode = 1
  })
}

type DoctorOptions = OpenOptions & SettingChanges & { readonly json?: boolean }

/** What commands would use from here: a server, and the home when it is on this machine. */
async function examine(shell: Shell, options: DoctorOptions): Promise<readonly Finding[]> {
  const chosen = await chooseFrom(shell, options)
  if ('state' in chosen) return [nodeVersion(), chosen, ...(await examineHome(shell, options, {}))]
  const { saved, way } = chosen
  if (way.to === 'home') return [nodeVersion(), ...stopped(way, saved), ...(await examineHome(shell, options, way))]
  const findings = [nodeVersion(), ...(await examineServer(shell, way))]
  if (way.url !== saved?.url || saved.home === undefined) return [...findings, await systemJq()]
  const ofHome = await examineHome(shell, options, saved)
  return [...findings, ...ofHome.filter(({ check }) => check !== 'datasets' && check !== 'port')]
}

async function chooseFrom(shell: Shell, options: DoctorOptions) {
  try {
    const saved = await readProfile(shell.env)
    return { saved, way: await chooseWay(options, shell.env, saved, answersAt) }
  } catch (error) {
    return failed('connection', error)
  }
}

async function examineHome(
  shell: Shell,
  options: DoctorOptions,
  place: Pick<SettingChanges, 'home' | 'datasets'>,
): Promise<readonly Finding[]> {
  const changes = { ...options, home: options.home ?? place.home, datasets: options.datasets ?? place.datasets }
  const settings = await trySettings(shell, changes)
  if ('state' in settings) return [settings, await systemJq()]
  const ofFiles = [await homeWritable(settings), ...(await databases(settings))]
  return [...ofFiles, ...(await engines(shell, settings)), await systemJq(), await port(settings)]
}

/** The server as commands reach it: who we are there, and what can be asked. */
async function examineServer(shell: Shell, { url, key }: ServerWay): Promise<readonly Finding[]> {
  const check = 'connection'
  await using connection = openRemote(shell, url, key)
  try {
    const { user, project } = await connection.call('identity.whoami', {})
    const found = `${url} answers; you are ${user.name}, in the project ${project}`
    const ofData = await datasets(connection).catch(error => failed('datasets', error))
    return [{ check, state: 'ok', found }, await readiness(url), ofData]
  } catch (error) {
    const { found } = failed(check, error)
    return [{ check, state: 'failed', found: `${url}: ${found}` }]
  }
}

/** What the server says of itself: it may answer, and not share its library. */
async function readiness(url: string): Promise<Finding> {
  const check = 'server'
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) })
    const { status, checks } = (await response.json()) as Readiness
    const problems = checks.filter(({ problem }) => problem !== null).map(({ name, problem }) => `${name}: ${problem}`)
    if (response.ok && problems.length === 0) return { check, state: 'ok', found: status }
    return { check, state: response.ok ? 'warning' : 'failed', found: [status, ...problems].join('; ') }
  } catch {
    return { check, state: 'failed', found: 'does not say whether it is ready' }
  }
}

interface Readiness {
  readonly status: string
  readonly checks: readonly { readonly name: string; readonly problem: string | null }[]
}

/** A saved server that is stopped is no failure while its home answers in its place. */
function stopped(way: Way, saved: Profile | undefined): readonly Finding[] {
  if (saved === undefined || way.to !== 'home' || way.home !== saved.home) return []
  const found = `${saved.url} does not answer; commands work on its home in its place`
  return [{ check: 'connection', state: 'warning', found }]
}

function nodeVersion(): Finding {
  return {
    check: 'node',
    state: Number.parseInt(process.versions.node, 10) >= 24 ? 'ok' : 'failed',
    found: process.version,
  }
}

async function trySettings(shell: Shell, options: SettingChanges): Promise<ServerSettings | Finding> {
  const { settle } = await import('../settings.ts')
  try {
    return settle(shell.env, options)
  } catch (error) {
    return failed('settings', error)
  }
}

async function homeWritable({ home }: ServerSettings): Promise<Finding> {
  const check = 'home'
  if (!(await exists(home)))
    return { check, state: 'warning', found: `${home} is not there yet; \`super-data init\` makes it` }
  const file = join(home, `.doctor-${process.pid}`)
  try {
    await writeFile(file, '', { flag: 'wx' })
    await unlink(file)
    return { check, state: 'ok', found: `${home} can be written` }
  } catch (error) {
    return { check, state: 'failed', found: `${home} cannot be written (${(error as NodeJS.ErrnoException).code})` }
  }
}

/** SQLite's own check of each database file, on a connection that cannot write. */
async function databases({ home, databasePath }: ServerSettings): Promise<readonly Finding[]> {
  const folder = join(home, 'database')
  const names = await readdir(folder).catch(() => [])
  const files = names.filter(name => name.endsWith('.db')).map(name => join(folder, name))
  if (databasePath !== undefined && (await exists(databasePath))) files.push(databasePath)
  return files.map(file => databaseCheck(basename(file), file))
}

function databaseCheck(name: string, file: string): Finding {
  const check = `database ${name}`
  try {
    using database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
    const result = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0]
    return result === 'ok' ? { check, state: 'ok', found: 'sound' } : { check, state: 'failed', found: String(result) }
  } catch (error) {
    return { check, state: 'failed', found: (error as Error).message }
  }
}

/** Opens an installation on a home of its own, so that looking changes nothing, and asks it about the real data. */
async function engines(shell: Shell, settings: ServerSettings): Promise<readonly Finding[]> {
  const { openInstallation } = await import('../local.ts')
  const { datasetsFolder, settle } = await import('../settings.ts')
  const home = await mkdtemp(join(tmpdir(), 'super-data-doctor-'))
  try {
    const folder = datasetsFolder(settings)
    const found = await exists(folder)
    const env = { SUPER_DATA_HOME: home, ...(found ? { SUPER_DATA_DATASETS_PATH: folder } : {}) }
    const real = { ...settle(env, {}), ...bucketSettings(settings) }
    await using connection = new InstallationConnection(await openInstallation(real, 'silent'), shell)
    return [
      found ? await datasets(connection) : notThereYet(folder),
      await engine(connection, 'sql', 'SELECT 1 + 1'),
      await engine(connection, 'jq', '1 + 1'),
    ]
  } catch (error) {
    return [failed('engines', error)]
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** What reading datasets from buckets takes, and nothing of the bucket that the library is shared through. */
function bucketSettings({ s3Endpoint, s3PathStyle, awsRegion, awsAccessKeyId, awsSecretAccessKey }: ServerSettings) {
  return { s3Endpoint, s3PathStyle, awsRegion, awsAccessKeyId, awsSecretAccessKey }
}

function notThereYet(folder: string): Finding {
  return { check: 'datasets', state: 'warning', found: `${folder} is not there yet` }
}

async function datasets(connection: Connection): Promise<Finding> {
  const check = 'datasets'
  const listed = await connection.call('datasets.list', { limit: 1000 })
  const { items } = listed
  const files = datasetProblems(listed).map(({ file, problem }) => ({ name: file, problem }))
  const bad = files.length > 0 ? files : items.filter(({ problem }) => problem !== null)
  if (bad.length === 0) return { check, state: 'ok', found: `${items.length} can be asked` }
  return { check, state: 'warning', found: bad.map(({ name, problem }) => `${name}: ${problem}`).join('; ') }
}

async function engine(connection: Connection, engine: 'sql' | 'jq', text: string): Promise<Finding> {
  const check = `engine ${engine}`
  try {
    const { elapsedMs } = await connection.call('queries.ask', { engine, text })
    return { check, state: 'ok', found: `answers in ${durationText(elapsedMs)}` }
  } catch (error) {
    return failed(check, error)
  }
}

/** Holes of jq that are fixed in 1.8.2. Ours does not use it; people's scripts may. */
const jqHoles = 'CVE-2024-53427, CVE-2025-48060, CVE-2025-49014, CVE-2026-32316, CVE-2026-43896'

async function systemJq(): Promise<Finding> {
  const check = 'system jq'
  const said = await promisify(execFile)('jq', ['--version'], { timeout: 5_000 }).catch(() => undefined)
  if (said === undefined) return { check, state: 'ok', found: 'not installed, and not needed' }
  const version = said.stdout.trim()
  if (!isOldJq(version)) return { check, state: 'ok', found: `${version}, not used here` }
  return {
    check,
    state: 'warning',
    found: `${version} has known holes (${jqHoles} and others); it is not used here, but update it before giving it data you do not trust`,
  }
}

/** Older than 1.8.2, as `jq --version` says it; what cannot be read counts as old. */
export function isOldJq(version: string): boolean {
  const parts = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)
  if (parts === null) return true
  const [major, minor, patch] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)]
  if (major !== 1) return major < 1
  return minor < 8 || (minor === 8 && patch < 2)
}

async function port({ host, port }: ServerSettings): Promise<Finding> {
  const check = 'port'
  if (await isPortFree(host, port)) return { check, state: 'ok', found: `${host}:${port} is free` }
  const ours = await answersAt(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)
  if (ours) return { check, state: 'ok', found: `a server answers on ${host}:${port}` }
  return { check, state: 'failed', found: `something else uses ${host}:${port}; set SUPER_DATA_PORT` }
}

function failed(check: string, error: unknown): Finding {
  const found = error instanceof PlatformError ? `${error.message} (${error.code})` : 'does not work'
  return { check, state: 'failed', found }
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
}

function renderFindings(shell: Shell, findings: readonly Finding[]): string {
  const { width, colour } = shell.terminal
  const rows = findings.map(({ check, state, found }) => [check, state, found])
  return renderTable(['check', 'state', 'found'], rows, { width, colour, absent: '' })
}
