import { issueText } from '@super-data/base/issue-text'
import type { Setting } from '@super-data/base/settings'
import { Command } from 'commander'
import type { OutputStyle } from '../render/output.ts'
import { renderTable } from '../render/table.ts'
import { print, type Shell } from '../terminal.ts'

interface ShownSetting {
  readonly env: string
  readonly value: unknown
  readonly default: unknown
  readonly set: boolean
  readonly about: string
  readonly problem: string | null
}

/** `config`: every setting, what it is now and what it means. */
export function configCommand(shell: Shell): Command {
  const command = new Command('config').description('Show every setting: value, default, meaning.')
  command.option('--json', 'Print exact JSON.')
  command.helpOption(false).option('-h, --help', 'Show this, and every setting.')
  return command.action(async () => {
    const { settingTable } = await import('../settings.ts')
    const settings = Object.values(settingTable)
    const options = command.opts<{ json?: boolean; help?: boolean }>()
    const shown = settings.map(setting => showSetting(setting, shell.env[setting.env]))
    if (options.help) print(shell, `${command.helpInformation()}${settingsHelp(settings)}`)
    else print(shell, options.json ? JSON.stringify(shown) : renderSettings(shown, shell.terminal))
  })
}

function renderSettings(shown: readonly ShownSetting[], style: OutputStyle): string {
  const rows = shown.map(({ env, value, default: usual, set, about, problem }) => [
    `${set ? '*' : ' '} ${env}`,
    problem ?? value,
    usual,
    about,
  ])
  const table = renderTable(['  setting', 'value', 'default', 'meaning'], rows, { ...style, absent: '-' })
  return `${table}* set in the environment`
}

function showSetting(setting: Setting, text: string | undefined): ShownSetting {
  const set = text !== undefined && text !== ''
  const parsed = setting.schema.safeParse(set ? text : undefined, { error: issueText })
  const usual = setting.schema.safeParse(undefined)
  const hide = (value: unknown) => (setting.secret && value !== undefined ? '[secret]' : (value ?? null))
  return {
    env: setting.env,
    value: parsed.success ? hide(parsed.data) : null,
    default: usual.success ? (usual.data ?? null) : null,
    set,
    about: setting.about,
    problem: parsed.success ? null : parsed.error.issues.map(issue => issue.message).join('; '),
  }
}

function settingsHelp(settings: readonly Setting[]): string {
  const lines = settings.map(({ env, about, schema }) => {
    const usual = schema.safeParse(undefined)
    const byDefault = usual.success && usual.data !== undefined ? ` (default: ${JSON.stringify(usual.data)})` : ''
    return `  ${env}\n      ${about}${byDefault}\n`
  })
  return `\nSettings are environment variables:\n${lines.join('')}\nExample:\n  super-data config --json`
}
