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
 * Counts by the column whose values repeat most; the first rows when there is none.
 *
 * @param fields the structure, as `datasets describe` shows it.
 */
export function firstQuestion(dataset: Dataset, fields: readonly Field[]): FirstQuestion {
  const distinctMax = Math.min(groupsMax, (dataset.records ?? 0) / 2)
  const candidates = fields.flatMap(groupingColumn).filter(each => each.distinct <= distinctMax)
  const column = candidates.sort((a, b) => a.distinct - b.distinct)[0]?.name
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
function groupingColumn(field: Field): readonly { readonly name: string; readonly distinct: number }[] {
  const name = /^\.\[\]\.([A-Za-z_]\w*)$/.exec(field.path)?.[1]
  const distinct = field.values?.length ?? 0
  const isText = field.types.some(type => type === 'string' || type === 'boolean')
  return name !== undefined && isText && distinct >= 2 ? [{ name, distinct }] : []
}

function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
