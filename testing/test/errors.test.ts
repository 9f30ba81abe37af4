import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8')

function declaredCodes(): string[] {
  return ['base', 'contract', 'platform', 'engines', 'stores', 'apps'].flatMap(layer =>
    readdirSync(join(root, layer), { recursive: true, encoding: 'utf8' })
      .filter(name => /(^|\/)src\/.*\.ts$/.test(name) && !name.includes('node_modules'))
      .flatMap(name => [...readFileSync(join(root, layer, name), 'utf8').matchAll(/readonly code = '([A-Z_0-9]+)'/g)])
      .map(match => match[1] ?? ''),
  )
}

it('every error code is declared once', () => {
  const codes = declaredCodes()
  expect(codes.length).toBeGreaterThan(20)
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([])
})

it('docs/errors.md explains every code, and no code that is gone', () => {
  const explained = [...page.matchAll(/^\| `([A-Z_0-9]+)` \|/gm)].map(match => match[1])
  expect([...explained].sort()).toEqual([...declaredCodes()].sort())
})
