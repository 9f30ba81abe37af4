import type { Output } from '@super-data/contract'
import { Command } from 'commander'
import { clientSettings, renderClientSettings } from '../client-settings.ts'
import { UsageWrong } from '../errors.ts'
import { writeProfile } from '../profile.ts'
import { openRemote } from '../remote.ts'
import { ownCommand } from '../self.ts'
import { print, type Shell, say } from '../terminal.ts'

/** `join LINK`: an invitation becomes a key, a saved connection and client settings. */
export function joinCommand(shell: Shell): Command {
  const command = new Command('join').description('Accept an invitation: get your key and save the connection.')
  command.argument('<link>', 'The whole link you were given.').option('--json', 'Print exact JSON.')
  command.option('-v, --verbose', 'Say more, and the cause of a failure.')
  command.addHelpText('after', "\nExample:\n  super-data join 'https://data.example.com/invite#…'")
  return command.action(async (link: string) => {
    const { json } = command.optsWithGlobals<{ json?: boolean }>()
    const { url, token } = splitLink(link)
    await using connection = await openRemote(shell, url, undefined)
    const joined = await connection.call('users.redeem', { token })
    const file = await writeProfile(shell.env, { url, key: joined.key.secret, project: joined.key.project })
    if (json) return print(shell, JSON.stringify(joined))
    welcome(shell, url, joined)
    say(shell, `Saved the connection in ${file}; \`${ownCommand(shell)} leave\` forgets it.`)
  })
}

/** The server and the one-time token of an invitation link. @throws UsageWrong */
export function splitLink(link: string): { url: string; token: string } {
  const address = URL.canParse(link) ? new URL(link) : undefined
  const token = address?.hash.slice(1)
  if (address === undefined || !/^https?:$/.test(address.protocol) || !token) {
    throw new UsageWrong('that is not an invitation link', {
      hint: "Give the whole link, in quotes: 'http://…/invite#…'.",
    })
  }
  return { url: `${address.origin}${address.pathname.replace(/\/(invite\/?)?$/, '')}`, token }
}

function welcome(shell: Shell, url: string, { user, key }: Output<'users.redeem'>): void {
  print(shell, `Welcome, ${user.name}. You work in the project ${key.project} on ${url}.`)
  print(shell, `\nYour key (shown this once):\n  ${key.secret}\n\n`)
  print(shell, renderClientSettings(clientSettings({ over: 'http', url, key: key.secret })))
  print(shell, `\nNext:\n  ${ownCommand(shell)} datasets list\n  ${ownCommand(shell)} tools list`)
}
