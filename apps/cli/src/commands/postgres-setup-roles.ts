import { Command, Option } from 'commander'
import { print, type Shell } from '../terminal.ts'

interface SetupOptions {
  readonly reader: string
  readonly writer?: string
  readonly schema: readonly string[]
  readonly owner?: string
}

/** `postgres setup-roles`: SQL for the owner of a database, to read before it is run. */
export function postgresSetupRolesCommand(shell: Shell): Command {
  const command = new Command('setup-roles').description('Print SQL that makes roles of just the right a source needs.')
  const list = (text: string) => text.split(',').map(name => name.trim())
  command
    .requiredOption('--reader <name>', 'The role that reads.')
    .option('--writer <name>', 'The role that changes rows; without it, nothing can be changed.')
    .addOption(
      new Option('--schema <a,b>', 'Schemas whose tables may be used.').argParser(list).default(['public'], 'public'),
    )
    .option('--owner <name>', 'The role that makes tables: those it makes later are included.')
    .addHelpText('after', '\nExample:\n  super-data postgres setup-roles --reader app_read --writer app_write | less')
  return command.action(async () => {
    const { reader, writer, schema, owner } = command.opts<SetupOptions>()
    const { setupRolesSql } = await import('@super-data/postgres')
    const roles = { reader, schemas: schema, ...(writer === undefined ? {} : { writer }) }
    print(shell, setupRolesSql({ ...roles, ...(owner === undefined ? {} : { owner }) }))
  })
}
