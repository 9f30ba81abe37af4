/** The elements of an array, or the values of an object whose keys are data. */
export const elements = Symbol('elements')

export type Step = string | typeof elements

const step = /\.([A-Za-z_][A-Za-z0-9_]*)|\.?("(?:[^"\\]|\\.)*")|\.?\[("(?:[^"\\]|\\.)*")\]|\.?(\[\])|\./y

/**
 * A path as jq writes it, step by step: `.[].a."b c"` and `.[]["a"]` alike.
 *
 * @returns undefined for what is no such path.
 */
export function stepsOf(path: string): Step[] | undefined {
  const steps: Step[] = []
  step.lastIndex = 0
  while (step.lastIndex < path.length) {
    const found = step.exec(path)
    if (!found) return undefined
    const [, name, quoted, indexed, brackets] = found
    if (name !== undefined) steps.push(name)
    else if (brackets !== undefined) steps.push(elements)
    else if (quoted ?? indexed) steps.push(JSON.parse((quoted ?? indexed)!) as string)
  }
  return steps
}
