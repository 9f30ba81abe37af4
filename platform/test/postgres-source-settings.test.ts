import { describe, expect, it } from 'vitest'
import { readSources } from '../src/postgres/source-settings.ts'

const secrets = (name: string) => ({ SHOP_PASSWORD: 'geheim$&' })[name]

const mistakesOf = (text: string): readonly string[] => {
  try {
    readSources(text, secrets)
  } catch (error) {
    return (error as { mistakes: readonly string[] }).mistakes
  }
  return []
}

describe('the file of PostgreSQL sources', () => {
  it('names databases, logins, projects and limits', () => {
    const [shop] = readSources(
      `sources:
  shop:
    host: db.example.com
    database: shop
    reader: { user: shop_reader, password: "\${SHOP_PASSWORD}" }
    projects: { default: write }
    limits: { readSeconds: 5 }`,
      secrets,
    )
    expect(shop).toMatchObject({
      name: 'shop',
      host: 'db.example.com',
      port: 5432,
      tls: 'verify',
      reader: { user: 'shop_reader', password: 'geheim$&' },
      projects: { default: 'write' },
      allowSuperuser: false,
      limits: { readSeconds: 5, writeSeconds: 60 },
    })
  })

  it('may be empty', () => {
    expect(readSources('', secrets)).toEqual([])
  })

  it('refuses every spelling it does not know, all at once', () => {
    const mistakes = mistakesOf(`sources:
  shop:
    database: shop
    reader: { user: a, pasword: b }
    allow_superuser: true
    limits: { readSecond: 1 }
    projects: { default: all }`)
    expect(mistakes).toEqual([
      'sources.shop.reader.pasword: no such setting; did you mean password?',
      expect.stringContaining('sources.shop.projects.default'),
      'sources.shop.limits.readSecond: no such setting; did you mean readSeconds?',
      'sources.shop.allow_superuser: no such setting; did you mean allowSuperuser?',
    ])
  })

  it('says which secret is missing, and shows none', () => {
    const text = `sources: { a: { database: a, reader: { user: u, password: "\${NOWHERE}" }, port: "\${SHOP_PASSWORD}" } }`
    const mistakes = mistakesOf(text)
    expect(mistakes[0]).toBe(`\${NOWHERE}: no such variable in the environment`)
    expect(mistakes.join()).not.toContain('geheim')
  })

  it('does not unfold aliases', () => {
    expect(mistakesOf('a: &a [1]\nsources: *a')).toEqual(['aliases are not followed'])
  })
})
