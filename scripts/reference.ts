import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { referencePages } from './reference-pages.ts'

/** Writes docs/reference, docs/settings.md, docs/errors.md and the chart in docs/approvals.md. */
const root = fileURLToPath(new URL('..', import.meta.url))
for (const [path, text] of referencePages()) {
  const file = resolve(root, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}
