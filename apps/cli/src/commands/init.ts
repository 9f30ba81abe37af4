import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { rememberDatasets } from '../home-settings.ts'
import { shellQuote } from '../render/shell-quote.ts'
import { ownCommand } from '../self.ts'
import type { SettingChanges } from '../settings.ts'
import { print, type Shell } from '../terminal.ts'

interface InitOptions extends SettingChanges {
  readonly seed?: boolean
  readonly json?: boolean
  readonly verbose?: boolean
}

/** `init`: makes the home folder and its owner. */
export function initCommand(shell: Shell): Command {
  const command = new Command('init').description('Make the home folder and print the owner key.')
  command
    .option('--home <folder>', 'Where everything is kept (SUPER_DATA_HOME).')
    .option('--datasets <folder>', 'Where the data lies (SUPER_DATA_DATASETS_PATH).')
    .option('--seed', 'Put a small dataset and a tool into it, to look around with.')
    .option('--json', 'Print exact JSON.')
    .option('-v, --verbose', 'Say more, and the cause of a failure.')
    .addHelpText('after', '\nExample:\n  super-data init --seed')
  return command.action(async () => {
    const options = command.optsWithGlobals<InitOptions>()
    const { datasetsFolder, settle } = await import('../settings.ts')
    const { openInstallation } = await import('../local.ts')
    const settings = settle(shell.env, options)
    const datasets = datasetsFolder(settings)
    const seeded = options.seed === true && (await writeSample(datasets))
    await using installation = await openInstallation(settings, options.verbose ? 'debug' : 'silent')
    await rememberDatasets(settings.home, settings.datasetsPath)
    const ownerKey = installation.firstStart?.ownerKey ?? null
    const made = { home: settings.home, datasets, ownerKey, seeded }
    print(shell, options.json ? JSON.stringify(made) : report(made, ownCommand(shell), options.home))
  })
}

/** @param said the home as the command line named it: the next commands have to name it again. */
function report(
  made: { home: string; ownerKey: string | null; seeded: boolean },
  self: string,
  said: string | undefined,
): string {
  const home = said === undefined ? '' : ` --home ${shellQuote(said)}`
  const lines = [
    made.ownerKey === null ? `${made.home} was there already; its keys stay as they are.` : `Made ${made.home}.`,
  ]
  if (made.ownerKey !== null) lines.push('', `Your owner key (shown this once):\n\n  ${made.ownerKey}`)
  lines.push('', 'Next:')
  if (made.seeded) {
    lines.push(`  ${self} ask 'SELECT day, sum(cups * price) AS revenue FROM coffee GROUP BY 1 ORDER BY 1'${home}`)
    lines.push(`  ${self} run cups_by_drink --min 30${home}`)
  }
  lines.push(`  ${self} serve${home}`)
  return lines.join('\n')
}

const sampleData = `day,drink,cups,price
2026-01-05,espresso,41,2.2
2026-01-05,flat white,28,3.6
2026-01-05,tea,12,2.4
2026-01-06,espresso,38,2.2
2026-01-06,flat white,31,3.6
2026-01-06,tea,17,2.4
2026-01-07,espresso,45,2.2
2026-01-07,flat white,26,3.6
2026-01-07,tea,9,2.4
`

/** Imported on the first start, as any `tools.yaml` among the data. */
const sampleTool = `tools:
  - name: cups_by_drink
    description: How many cups of each drink were sold, on days with at least min of them.
    engine: sql
    query: |
      SELECT drink, sum(cups) AS cups FROM coffee WHERE cups >= $min GROUP BY 1 ORDER BY 2 DESC
    parameters:
      - name: min
        type: integer
        default: 0
`

/** Only into an empty folder: somebody's own data is never added to. */
async function writeSample(folder: string): Promise<boolean> {
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) return false
  await writeFile(join(folder, 'coffee.csv'), sampleData)
  await writeFile(join(folder, 'tools.yaml'), sampleTool)
  return true
}
