import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { ProfileInvalid } from './errors.ts'

/** Where calls go when the command line says nothing: written by `join` and `try`, forgotten by `leave`. */
const profile = z.object({
  url: z.url(),
  key: z.string(),
  project: z.string().optional(),
  /** The server's own folders, when it runs on this machine: they answer while it is stopped. */
  home: z.string().optional(),
  datasets: z.string().optional(),
})
export type Profile = z.output<typeof profile>

type Environment = Readonly<Record<string, string | undefined>>

export function profileFile(env: Environment): string {
  const base = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config')
  return join(base, 'super-data', 'connection.json')
}

/** @throws ProfileInvalid when the file is there and is not a profile. */
export async function readProfile(env: Environment): Promise<Profile | undefined> {
  const file = profileFile(env)
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return profile.parse(JSON.parse(text))
  } catch (error) {
    throw new ProfileInvalid(file, error)
  }
}

/** Saves it whole or not at all, readable by its owner alone: it holds a key. */
export async function writeProfile(env: Environment, saved: Profile): Promise<string> {
  const file = profileFile(env)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeWhole(file, `${JSON.stringify(saved, null, 2)}\n`)
  return file
}

export async function forgetProfile(env: Environment): Promise<void> {
  await rm(profileFile(env), { force: true })
}

/** Replaces a file in one step, readable by its owner alone. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const half = `${file}.${randomUUID()}.tmp`
  await writeFile(half, text, { mode: 0o600, flag: 'wx' })
  try {
    await rename(half, file)
  } catch (error) {
    await rm(half, { force: true })
    throw error
  }
}
