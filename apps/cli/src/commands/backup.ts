import { resolve } from 'node:path'
import { Command } from 'commander'
import type { SettingChanges } from '../settings.ts'
import { print, type Shell } from '../terminal.ts'

interface BackupOptions extends SettingChanges {
  readonly output?: string
  readonly s3?: boolean
  readonly json?: boolean
  readonly verbose?: boolean
}

/** `backup`: one verified file with the whole library, or what is shared of it in the bucket. */
export function backupCommand(shell: Shell): Command {
  const command = new Command('backup').description('Back the library up, while servers may be running.')
  command
    .option('--home <folder>', 'The home folder (SUPER_DATA_HOME).')
    .option('--output <file>', 'Where to. Default: database/backups in the home folder.')
    .option('--s3', 'Into the bucket, what is shared and nothing else, beside the backups of sync.')
    .option('--json', 'Print exact JSON.')
    .option('-v, --verbose', 'Say more, and the cause of a failure.')
    .addHelpText('after', '\nExample:\n  super-data backup --output ./library.db')
  return command.action(async () => {
    const options = command.optsWithGlobals<BackupOptions>()
    const made = await backUp(shell, options)
    print(shell, options.json ? JSON.stringify(made) : `${made.name}  (${made.sizeBytes} bytes, sha256 ${made.sha256})`)
  })
}

async function backUp(shell: Shell, options: BackupOptions) {
  const { settle } = await import('../settings.ts')
  const { openLibraryPlace } = await import('../library-place.ts')
  const { backUpLibrary, uploadBackup } = await import('@super-data/platform')
  const { signal } = shell
  const place = { signal, verbose: options.verbose, bucket: options.s3 === true }
  await using opened = await openLibraryPlace(settle(shell.env, options), place)
  if (!options.s3) return await backUpLibrary(opened.parts, options.output && resolve(shell.cwd, options.output))
  if (opened.parts.source === undefined) {
    const { UsageWrong } = await import('../errors.ts')
    throw new UsageWrong('--s3 needs a bucket', { hint: 'Set SUPER_DATA_S3_BUCKET and its credentials.' })
  }
  return await uploadBackup(opened.parts)
}
