import { issueText } from '@super-data/base/issue-text'
import { nearest } from '@super-data/base/nearest'
import { SettingsInvalid } from '@super-data/base/settings'
import { type Document, parseDocument } from 'yaml'
import { z } from 'zod'

/** What a project may do with a source; each right includes those before it. */
export const sourceRights = ['read', 'write', 'admin'] as const
export type SourceRight = (typeof sourceRights)[number]

const login = z.strictObject({ user: z.string().min(1).max(63), password: z.string().max(1_000).default('') })
const seconds = (most: number) => z.number().min(1).max(most)

const limits = z.strictObject({
  readSeconds: seconds(3_600).default(15),
  writeSeconds: seconds(3_600).default(60),
  connections: z.int().min(2).max(200).default(10),
  sessions: z.int().min(0).max(100).default(10),
  sessionsPerPerson: z.int().min(0).max(100).default(5),
  sessionIdleSeconds: seconds(86_400).default(1_800),
  sessionSeconds: seconds(604_800).default(14_400),
})

const source = z.strictObject({
  description: z.string().max(500).default(''),
  host: z.string().min(1).max(255).default('127.0.0.1'),
  port: z.int().min(1).max(65_535).default(5_432),
  database: z.string().min(1).max(63),
  tls: z.enum(['verify', 'unverified', 'off']).optional(),
  reader: login,
  writer: login.optional(),
  admin: login.optional(),
  projects: z.record(z.string(), z.enum(sourceRights)).default({ default: 'admin' }),
  allowSuperuser: z.boolean().default(false),
  allowFunctions: z.array(z.string().max(127)).max(1_000).default([]),
  limits: limits.prefault({}),
})

/** Addresses of resources begin with a source's name, or with one of these. */
const reserved: readonly string[] = ['schema', 'monitor']

const file = z.strictObject({
  sources: z.record(
    z
      .string()
      .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'starts with a letter, then lower-case letters, digits, _ or -')
      .refine(name => !reserved.includes(name), `cannot be ${reserved.join(' or ')}`),
    source,
  ),
})

export type SourceSettings = z.output<typeof source> & {
  readonly name: string
  readonly tls: 'verify' | 'unverified' | 'off'
}

/**
 * The sources that an operator has written down, in YAML. `${NAME}` anywhere in a text stands for a secret.
 *
 * @param secretOf the value of a named secret; undefined when there is none.
 * @throws SettingsInvalid naming every mistake at once, and no value.
 */
export function readSources(text: string, secretOf: (name: string) => string | undefined): readonly SourceSettings[] {
  const document = parseDocument(text)
  if (document.errors.length > 0)
    throw new SettingsInvalid(document.errors.map(error => error.message.split('\n')[0] ?? ''))
  const missing: string[] = []
  const filled = fill(contentOf(document), name => {
    const secret = secretOf(name)
    if (secret === undefined) missing.push(`\${${name}}: no such variable in the environment`)
    return secret ?? ''
  })
  const parsed = file.safeParse(filled ?? { sources: {} }, { error: issueText })
  const mistakes = [...missing, ...(parsed.error?.issues.flatMap(toMistakes) ?? [])]
  if (mistakes.length > 0 || !parsed.success) throw new SettingsInvalid(mistakes)
  return Object.entries(parsed.data.sources).map(([name, each]) => ({
    ...each,
    name,
    tls: each.tls ?? tlsFor(each.host),
  }))
}

/** @throws SettingsInvalid for aliases, which could unfold without end. */
function contentOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch {
    throw new SettingsInvalid(['aliases are not followed'])
  }
}

/** On this machine nobody listens in; everywhere else the server must prove who it is. */
function tlsFor(host: string): 'verify' | 'off' {
  return host === 'localhost' || host === '::1' || host.startsWith('127.') || host.startsWith('/') ? 'off' : 'verify'
}

function fill(part: unknown, secretOf: (name: string) => string): unknown {
  if (typeof part === 'string')
    return part.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => secretOf(name))
  if (Array.isArray(part)) return part.map(each => fill(each, secretOf))
  if (typeof part !== 'object' || part === null) return part
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, fill(value, secretOf)]))
}

function toMistakes(issue: z.core.$ZodIssue): string[] {
  const place = issue.path.join('.')
  if (issue.code !== 'unrecognized_keys') return [`${place}: ${issue.message}`]
  return issue.keys.map(key => {
    const near = nearest(key, knownAt(issue.path))
    return `${[place, key].filter(Boolean).join('.')}: no such setting${near === undefined ? '' : `; did you mean ${near}?`}`
  })
}

function knownAt(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(file.shape)
  if (path.length === 2) return Object.keys(source.shape)
  return path.at(-1) === 'limits' ? Object.keys(limits.shape) : Object.keys(login.shape)
}
