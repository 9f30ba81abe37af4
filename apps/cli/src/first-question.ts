import type { Dataset, Field } from '@super-data/contract'

/** A question worth asking first, made from the shape of the data. */
export interface FirstQuestion {
  readonly text: string
  /** What a tool with this question could be called. */
  readonly toolName: string
  readonly description: string
}

/** The most values that still make a good grouping. */
const groupsMax = 30

/**
 * Counts by the first column with few values; the first rows when there is none.
 *
 * @param fields the structure, as `datasets describe` shows it.
 */
export function firstQuestion(dataset: Dataset, fields: readonly Field[]): FirstQuestion {
  const column = fields.flatMap(groupingColumn)[0]
  if (column === undefined) {
    return {
      text: `SELECT * FROM ${sqlName(dataset.name)} LIMIT 5`,
      toolName: `first_${dataset.name}`.slice(0, 64),
      description: `The first rows of ${dataset.name}.`,
    }
  }
  return {
    text: `SELECT ${sqlName(column)}, count(*) AS count FROM ${sqlName(dataset.name)} GROUP BY 1 ORDER BY 2 DESC, 1`,
    toolName: `${dataset.name}_by_${column}`
      .toLowerCase()
      .replace(/[^a-z0-9_]+/g, '_')
      .slice(0, 64),
    description: `How many of ${dataset.name} there are by ${column}.`,
  }
}

/** A column of text with a few values that repeat: `.[].status`, not `.[].address.city`. */
function groupingColumn(field: Field): readonly string[] {
  const name = /^\.\[\]\.([A-Za-z_]\w*)$/.exec(field.path)?.[1]
  const few = field.values !== undefined && field.values.length >= 2 && field.values.length <= groupsMax
  return name !== undefined && few && field.types.some(type => type === 'string' || type === 'boolean') ? [name] : []
}

function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
