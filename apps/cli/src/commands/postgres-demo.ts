import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { shellQuote } from '../render/shell-quote.ts'
import { ownCommand } from '../self.ts'
import type { SettingChanges } from '../settings.ts'
import { aborted, print, type Shell, say } from '../terminal.ts'

/** `postgres demo`: a PostgreSQL with a small shop in it, as a source of this home, until Ctrl-C. */
export function postgresDemoCommand(shell: Shell): Command {
  const command = new Command('demo').description('Start a PostgreSQL with sample data here, as the source `shop`.')
  command
    .option('--home <folder>', 'The home it becomes a source of (SUPER_DATA_HOME).')
    .option('-v, --verbose', 'Say more, and the cause of a failure.')
    .addHelpText('after', '\nExample:\n  super-data postgres demo')
  return command.action(() => demonstrate(shell, command.optsWithGlobals<SettingChanges>()))
}

async function demonstrate(shell: Shell, options: SettingChanges): Promise<void> {
  const { settle } = await import('../settings.ts')
  const { findPrograms } = await import('../postgres-demo/programs.ts')
  const { choosePlace } = await import('../postgres-demo/place.ts')
  const { DemoServer } = await import('../postgres-demo/demo-server.ts')
  const settings = settle(shell.env, options)
  const home = resolve(shell.cwd, settings.home)
  const file = resolve(shell.cwd, settings.postgresFile ?? join(home, 'postgres.yml'))
  const programs = findPrograms(shell.cwd)
  const server = new DemoServer(choosePlace(home, programs))
  if (!server.isMade) await make(shell, server, file)
  const port = await server.port()
  if (!existsSync(file)) await writeSource(server, port, file)
  await server.start(port)
  try {
    print(shell, next(shell, { file, place: `${server.host}:${port}`, home: options.home }))
    await Promise.race([aborted(shell.signal), server.ended()])
    say(shell, 'Stopping PostgreSQL; its data is kept for the next time.')
  } finally {
    await server.stop()
  }
}

type Demo = InstanceType<typeof import('../postgres-demo/demo-server.ts').DemoServer>

async function make(shell: Shell, server: Demo, file: string): Promise<void> {
  const { PostgresFileExists } = await import('../postgres-demo/errors.ts')
  const { fillSampleDatabase, makeSampleDatabase, sampleDatabase } = await import('../postgres-demo/sample-shop.ts')
  if (existsSync(file)) throw new PostgresFileExists(file)
  say(shell, 'Making a database with a small shop in it …')
  await server.make(async half => {
    await half.execute('postgres', makeSampleDatabase)
    await half.execute(sampleDatabase, fillSampleDatabase())
  })
}

/** The passwords are in that file and nowhere else; without it new ones are made. */
async function writeSource(server: Demo, port: number, file: string): Promise<void> {
  const { sampleDatabase, sampleSource, setSamplePasswords } = await import('../postgres-demo/sample-shop.ts')
  const secret = () => randomBytes(18).toString('base64url')
  const passwords = { reader: secret(), writer: secret(), admin: secret() }
  await server.execute(sampleDatabase, setSamplePasswords(passwords))
  writeFileSync(file, sampleSource({ host: server.host, port }, passwords), { mode: 0o600, flag: 'wx' })
}

function next(shell: Shell, { file, place, home }: { file: string; place: string; home: string | undefined }): string {
  const own = ownCommand(shell)
  const there = home === undefined ? '' : ` --home ${shellQuote(home)}`
  return `PostgreSQL answers at ${place}, for this machine only. It is the source \`shop\` of ${file}.
A server that runs already reads that file when it starts again.

Try in another terminal:
  ${own} postgres check${there}
  ${own} postgres describe --source shop${there}
  ${own} ask --source shop 'SELECT * FROM monthly_revenue ORDER BY month, category LIMIT 6'${there}
  ${own} ask --source shop 'SELECT name, price FROM products WHERE category = $category' --param category=kitchen${there}
  ${own} save products_of --description 'Products of a category.'${there}
  ${own} run products_of --param category=light${there}
  ${own} postgres explain 'SELECT * FROM order_lines WHERE product_id = 7' --source shop${there}

Ctrl-C stops it.`
}
