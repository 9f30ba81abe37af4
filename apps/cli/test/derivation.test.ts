import { operations } from '@super-data/contract'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { fieldsOf, toFlag, wordsOf } from '../src/fields.ts'
import { buildProgram } from '../src/program.ts'
import { caughtShell, run } from './shell.ts'

const names = Object.keys(operations) as (keyof typeof operations)[]

function findCommand(name: string): Command | undefined {
  const [area, verb] = wordsOf(name)
  const program = buildProgram(caughtShell().shell)
  return program.commands.find(command => command.name() === area)?.commands.find(command => command.name() === verb)
}

describe('commands come from the declared operations', () => {
  it.each(names)('%s is a command that takes every field of its input', name => {
    const command = findCommand(name)
    const byPosition: readonly string[] = operations[name].positional ?? []
    expect(command?.description()).toBe(operations[name].summary)
    const taken = [
      ...command!.options.map(option => option.long?.slice(2)),
      ...command!.registeredArguments.map(argument => argument.name()),
    ]
    for (const field of fieldsOf(operations[name])) expect(taken).toContain(toFlag(field.name))
    expect(command!.registeredArguments.map(argument => argument.name())).toEqual(byPosition.map(toFlag))
  })

  it.each(names)('%s explains itself with an example', async name => {
    const { code, out } = await run([...wordsOf(name), '--help'])
    expect(code).toBe(0)
    expect(out).toContain(operations[name].summary.split(' ')[0])
    expect(out).toMatch(new RegExp(`Example:\\n  super-data ${wordsOf(name).join(' ')}`))
    expect(out).toContain('--project')
    expect(out).toContain('--json')
    expect(out).not.toContain('undefined')
  })

  it('no operation has more commands than one, and no command has no operation', () => {
    const program = buildProgram(caughtShell().shell)
    const areas = new Set(names.map(name => name.split('.')[0]))
    const derived = program.commands.filter(command => areas.has(command.name()))
    const paths = derived.flatMap(area => area.commands.map(verb => `${area.name()}.${verb.name()}`))
    const byHand = ['postgres.check', 'postgres.demo', 'postgres.setup-roles']
    expect(paths.sort()).toEqual([...names.map(name => wordsOf(name).join('.')), ...byHand].sort())
  })
})

describe('help', () => {
  it('without arguments shows every command and the loop', async () => {
    const { code, out } = await run([])
    expect(code).toBe(0)
    for (const name of ['try', 'init', 'serve', 'join', 'leave', 'ask', 'run', 'jq', 'doctor', 'config', 'mcp']) {
      expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
    }
    for (const area of new Set(names.map(name => name.split('.')[0]))) {
      expect(out).toMatch(new RegExp(`^  ${area} `, 'm'))
    }
    expect(out).toContain('The loop:')
  })

  it('says of a proposal what its test cases, sources and reasons are', async () => {
    const { out } = await run(['tools', 'propose', '--help'], { width: 200 })
    const said = out.replace(/\s+/g, ' ')
    expect(said).toMatch(/--tests <json> Cases [^@]*JSON list[^@]*SQL the rows, each a list of values/)
    for (const flag of ['--sources <a,b>', '--justification <value>', '--allow-similar'])
      expect(said).toMatch(new RegExp(`${flag} [A-Z]`))
  })

  it('lists the choices and defaults of an option', async () => {
    const { out } = await run(['tools', 'list', '--help'], { width: 200 })
    expect(out).toContain('"draft", "pending", "approved"')
    expect(out).toContain('(default: 100)')
  })

  it.each(['try', 'init', 'serve', 'join', 'leave', 'ask', 'run', 'doctor'])(
    '%s --help ends in an example',
    async name => {
      const { code, out } = await run([name, '--help'])
      expect(code).toBe(0)
      expect(out).toMatch(/Examples?:\n {2}super-data /)
    },
  )
})
