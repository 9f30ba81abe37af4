import type { Datasets, Field } from '@super-data/datasets'
import { lint, parse, pathsRead, type SchemaPath } from '@super-data/jq'
import type { ParsedQuery } from './engine.ts'

const toldMax = 5
const namesMax = 5

/**
 * What looks like a mistake in a question whose answer is no error: jq reads a field that is not there as null.
 *
 * @returns sentences for its author; none when nothing is known about the data.
 */
export async function doubtsAbout(query: ParsedQuery, datasets: Datasets): Promise<string[]> {
  if (query.engine !== 'jq') return []
  const [source] = query.sources
  try {
    if (source === undefined) return withoutSource(query, datasets)
    const { fields } = await datasets.describe(source)
    const schema = query.mode === 'records' ? recordPaths(fields) : fields.map(toPath)
    const issues = lint(query.text, { schema, variables: query.parameters })
    const unknown = issues.filter(issue => issue.rule === 'unknown-path')
    return unknown.slice(0, toldMax).map(issue => `${issue.message} (line ${issue.position.line})`)
  } catch {
    // The data may be gone by now; the question itself was answered.
    return []
  }
}

function withoutSource(query: ParsedQuery, datasets: Datasets): string[] {
  // A program that only looks at the input as a whole, such as a call without arguments, says too little.
  if (pathsRead(parse(query.text)).paths.every(path => path === '.')) return []
  const names = datasets.list().map(dataset => dataset.name)
  const some = names.length === 0 ? '' : `; there is ${names.slice(0, namesMax).join(', ')}`
  return [`the question reads its input, but names no \`source\`: the input is null${some}`]
}

const toPath = ({ path, types }: Field): SchemaPath => ({ path, type: types.join('|') })

/** The program sees one record at a time. */
function recordPaths(fields: readonly Field[]): SchemaPath[] {
  return fields.flatMap(field => {
    const { path, type = '' } = toPath(field)
    if (!path.startsWith('.[]')) return []
    const below = path.slice('.[]'.length)
    return below === '' ? [] : [{ path: below.startsWith('.') ? below : `.${below}`, type }]
  })
}
