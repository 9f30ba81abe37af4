import { Command } from 'commander'
import { forgetProfile, profileFile } from '../profile.ts'
import { print, type Shell } from '../terminal.ts'

/** `leave`: the opposite of `join`. */
export function leaveCommand(shell: Shell): Command {
  return new Command('leave')
    .description('Forget the saved connection.')
    .addHelpText('after', '\nExample:\n  super-data leave')
    .action(async () => {
      await forgetProfile(shell.env)
      print(shell, `Forgotten: ${profileFile(shell.env)}. The key itself still works; \`keys revoke\` ends it.`)
    })
}
