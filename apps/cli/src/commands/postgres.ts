import type { Command } from 'commander'
import type { Outcome } from '../outcome.ts'
import type { Shell } from '../terminal.ts'
import { postgresCheckCommand } from './postgres-check.ts'
import { postgresDemoCommand } from './postgres-demo.ts'
import { postgresSetupRolesCommand } from './postgres-setup-roles.ts'

/** Adds what is no operation to `postgres`, whose other commands are derived from the operations. */
export function addPostgresCommands(areas: readonly Command[], shell: Shell, outcome: Outcome): void {
  const area = areas.find(command => command.name() === 'postgres')
  if (area === undefined) return
  const own = [postgresDemoCommand(shell), postgresSetupRolesCommand(shell), postgresCheckCommand(shell, outcome)]
  for (const command of own) area.addCommand(command)
  area.description(`${own.map(command => command.name()).join(' · ')} · ${area.description()}`)
}
