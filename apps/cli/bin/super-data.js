#!/usr/bin/env node
// Runs on any Node from 18 on: finds a Node that is new enough and hands the command line over to it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const neededMajor = 24
/**
 * Room for young values, a quarter of what Node gives: a server takes 110 instead of 160 MB idle, and 160 instead of 250
 * busy, for two hundredths more work.
 */
const semiSpaceMb = 4
const ownFolder = dirname(fileURLToPath(import.meta.url))

const node = findNode()
if (node === undefined) {
  console.error(`super-data needs Node ${neededMajor} or newer; this is ${process.version}. See https://nodejs.org.`)
  process.exit(1)
}
keepCompiledCode()
handOver(node, [...program(), ...process.argv.slice(2)])

/** This Node, or the one that the packages `node-linux-*` bring. */
function findNode() {
  if (Number.parseInt(process.versions.node, 10) >= neededMajor) return process.execPath
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`)
    const brought = join(dirname(manifest), 'bin', 'node')
    return existsSync(brought) ? brought : undefined
  } catch {
    return undefined
  }
}

/** A checkout runs its sources as they are; a published package has only `dist`. */
function program() {
  const flags = ['--disable-warning=ExperimentalWarning', `--max-semi-space-size=${semiSpaceMb}`]
  const sources = join(ownFolder, '..', 'src', 'main.ts')
  if (existsSync(sources)) return [...flags, '--conditions=source', sources]
  return [...flags, join(ownFolder, '..', 'dist', 'main.js')]
}

/** What Node made of the sources is kept in a checkout for the next start: it saves a third of the starting time. */
function keepCompiledCode() {
  const modules = join(ownFolder, '..', '..', '..', 'node_modules')
  if (existsSync(modules)) process.env['NODE_COMPILE_CACHE'] ??= join(modules, '.cache', 'super-data')
}

/** Replaces this process where the platform can; otherwise stays as a parent that only passes signals and the exit on. */
function handOver(file, args) {
  const quiet = process.listeners('warning')
  process.removeAllListeners('warning')
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(file, [file, ...args], process.env)
  }
  for (const listener of quiet) process.on('warning', listener)
  runAsChild(file, args)
}

function runAsChild(file, args) {
  // The channel carries no messages: its end tells the child that this process was killed.
  const child = spawn(file, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', error => {
    console.error(`super-data could not start ${file}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 1 : constants.signals[signal]))
  })
}
