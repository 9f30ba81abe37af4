import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { referencePages } from '../../scripts/reference-pages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = referencePages()

describe('the written reference', () => {
  it.each([...pages.keys()])('%s says what the declarations say (else: npm run reference)', path => {
    expect(readFileSync(resolve(root, path), 'utf8')).toBe(pages.get(path))
  })

  it('has no page of an area that is gone', () => {
    const found = readdirSync(resolve(root, 'docs/reference')).map(name => `docs/reference/${name}`)
    expect(found.filter(path => !pages.has(path))).toEqual([])
  })
})
