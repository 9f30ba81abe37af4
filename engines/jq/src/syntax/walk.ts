import type { EntryKey, Expression, Pattern } from './ast.ts'

/** The expressions directly inside an expression, patterns' keys included, in the order of the text. */
export function childrenOf(node: Expression): Expression[] {
  switch (node.kind) {
    case 'string':
      return node.parts.filter(part => typeof part !== 'string')
    case 'index':
      return [node.target, node.index]
    case 'slice':
      return present([node.target, node.from, node.to])
    case 'iterate':
      return [node.target]
    case 'negate':
      return [node.operand]
    case 'array':
      return present([node.body])
    case 'object':
      return node.entries.flatMap(({ key, value }) => [...keyExpressions(key), ...present([value])])
    case 'pipe':
    case 'comma':
    case 'binary':
    case 'logic':
    case 'assign':
      return [node.left, node.right]
    case 'if':
      return present([node.condition, node.then, node.otherwise])
    case 'try':
      return present([node.body, node.handler])
    case 'reduce':
      return [node.source, ...node.patterns.flatMap(patternExpressions), node.initial, node.update]
    case 'foreach':
      return present([
        node.source,
        ...node.patterns.flatMap(patternExpressions),
        node.initial,
        node.update,
        node.extract,
      ])
    case 'as':
      return [node.source, ...node.patterns.flatMap(patternExpressions), node.body]
    case 'define':
      return [node.definition.body, node.body]
    case 'label':
      return [node.body]
    case 'call':
      return [...node.args]
    default:
      return []
  }
}

function present(nodes: readonly (Expression | undefined)[]): Expression[] {
  return nodes.filter(node => node !== undefined)
}

/** The expressions a key is made of. */
export function keyExpressions(key: EntryKey): Expression[] {
  if (key.kind === 'computed') return [key.expression]
  return key.kind === 'string' ? key.parts.filter(part => typeof part !== 'string') : []
}

/** The expressions inside a pattern: its computed keys. */
export function patternExpressions(pattern: Pattern): Expression[] {
  if (pattern.kind === 'variable') return []
  if (pattern.kind === 'array') return pattern.elements.flatMap(patternExpressions)
  return pattern.entries.flatMap(entry => [
    ...keyExpressions(entry.key),
    ...(entry.pattern ? patternExpressions(entry.pattern) : []),
  ])
}

/** The variables a pattern binds, in the order of the text. */
export function patternNames(pattern: Pattern): string[] {
  if (pattern.kind === 'variable') return [pattern.name]
  if (pattern.kind === 'array') return pattern.elements.flatMap(patternNames)
  return pattern.entries.flatMap(entry => [
    ...(entry.key.kind === 'variable' ? [entry.key.name] : []),
    ...(entry.pattern ? patternNames(entry.pattern) : []),
  ])
}
