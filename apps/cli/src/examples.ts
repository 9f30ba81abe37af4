import type { Operation } from '@super-data/contract'
import { type Field, wordsOf } from './fields.ts'

/** A likely value of each field, so that every command's help ends in something to copy. */
const samples: Readonly<Record<string, string>> = {
  dataset: 'orders',
  definition: "'def tax(rate): . * rate;'",
  description: "'Customers by revenue.'",
  engine: 'sql',
  fromRun: 'run_01jd3v5k8w2q7r9x4m6n8p0t2z',
  function: 'tax',
  handle: 'result_01jd3v5k8w2q7r9x4m6n8p0t2z',
  hash: 'sha256:3f1a…',
  key: 'key_01jd3v5k8w2q7r9x4m6n8p0t2z',
  label: 'laptop',
  name: 'sales',
  need: 'read',
  params: `'{"min": 100}'`,
  role: 'editor',
  run: 'run_01jd3v5k8w2q7r9x4m6n8p0t2z',
  source: 'orders',
  text: "'SELECT customer, sum(total) FROM orders GROUP BY 1'",
  token: 'inv_…',
  tool: 'top_customers',
  user: 'anna',
  vote: 'approve',
}

/** Optional fields worth showing, by operation. */
const alsoShown: Readonly<Record<string, readonly string[]>> = {
  'tools.create': ['fromRun'],
  'tools.run': ['params'],
  'keys.create': ['need'],
  'users.update': ['role'],
}

const special: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'datasets.migrate': { program: "'.amount = .price.amount'", to: '1' },
  'users.invite': { name: 'anna' },
  'users.update': { role: 'admin' },
  'tools.update': { expectedVersion: '1' },
}

/** The command with all it needs, filled in. */
export function exampleOf(operation: Operation, fields: readonly Field[]): string {
  const sample = (field: Field) =>
    special[operation.name]?.[field.name] ?? samples[field.name] ?? field.choices?.[0] ?? field.name.toUpperCase()
  const positional = (operation.positional ?? []).map(name => fields.find(field => field.name === name)!)
  const shown = fields.filter(
    field =>
      field.name !== 'project' &&
      !positional.includes(field) &&
      (field.required || alsoShown[operation.name]?.includes(field.name)),
  )
  const flags = shown.map(field => `--${field.flag} ${sample(field)}`)
  return ['super-data', ...wordsOf(operation.name), ...positional.map(sample), ...flags].join(' ')
}
