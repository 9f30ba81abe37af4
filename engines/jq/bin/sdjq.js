#!/usr/bin/env node
// Needs Node 24 or newer. A checkout runs its sources as they are; a published package has only `dist`.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const isCheckout = existsSync(new URL('../src', import.meta.url))
const hasCondition = process.execArgv.includes('--conditions=source')

if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(`sdjq needs Node 24 or newer; this is ${process.version}.`)
  process.exit(2)
}
if (isCheckout && !hasCondition) startAgain()
else await run()

/** Sources find each other by a condition that only the command line of Node can set. */
function startAgain() {
  const args = ['--conditions=source', '--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url)]
  process.execve(process.execPath, [process.execPath, ...args, ...process.argv.slice(2)], process.env)
}

async function run() {
  const folder = isCheckout ? '../src/command/index.ts' : '../dist/command/index.js'
  const { descriptorSink, descriptorSource, runCommand } = await import(folder)
  process.exitCode = runCommand(process.argv.slice(2), {
    name: 'sdjq',
    env: process.env,
    cwd: process.cwd(),
    stdin: descriptorSource(0),
    stdout: descriptorSink(1),
    stderr: descriptorSink(2),
    terminal: { stdin: process.stdin.isTTY === true, stdout: process.stdout.isTTY === true },
  })
}
