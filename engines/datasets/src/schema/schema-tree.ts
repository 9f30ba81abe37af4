import type { Field, JsonType, JsonValue } from '../dataset.ts'

const limits = {
  /** Nodes of a tree; keys beyond are not remembered. */
  nodes: 20_000,
  /** Fields told. */
  fields: 2_000,
  /** Levels of nesting looked at. */
  depth: 32,
  /** Different texts remembered, and how long they may be. */
  values: 12,
  valueChars: 60,
  /** Objects with more keys than this may be maps, whose keys are data. */
  mapKeys: 200,
}

const types: readonly JsonType[] = ['null', 'boolean', 'number', 'string', 'array', 'object']

const isoDate = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/

/** Learns the structure of values, in memory that does not grow with their number. */
export class SchemaTree {
  readonly #root = new Node()
  readonly #budget = { nodes: limits.nodes }

  add(value: JsonValue): void {
    this.#root.add(value, this.#budget, 0)
  }

  /** @param path of the values that were added: `.` or `.[]`. */
  fields(path: '.' | '.[]'): Field[] {
    const fields: Field[] = []
    this.#root.collect(path, false, fields)
    return fields.slice(0, limits.fields)
  }
}

/** What was seen at one path. */
class Node {
  #seen = 0
  #types = 0
  /** Values that were objects. */
  #objects = 0
  #keys: Map<string, Node> | undefined
  #elements: Node | undefined
  #texts: Set<string> | undefined = new Set()
  #dates: { min: string; max: string } | undefined | 'none' = undefined
  #numbers: { min: number; max: number } | undefined

  add(value: JsonValue, budget: { nodes: number }, depth: number): void {
    this.#seen++
    const type = typeOf(value)
    this.#types |= 1 << types.indexOf(type)
    if (type === 'number') this.#addNumber(value as number)
    else if (type === 'string') this.#addText(value as string)
    else if (depth >= limits.depth) return
    else if (type === 'array') this.#addElements(value as JsonValue[], budget, depth)
    else if (type === 'object') this.#addObject(value as Record<string, JsonValue>, budget, depth)
  }

  collect(path: string, optional: boolean, into: Field[]): void {
    if (into.length >= limits.fields) return
    const isDocument = path === '.' && this.#keys !== undefined
    if (!isDocument) into.push({ path, types: this.#typeList(), optional, ...this.#range() })
    this.#elements?.collect(`${path}[]`, false, into)
    const map = this.#asMap()
    if (map !== undefined) map.collect(`${path}[]`, false, into)
    else
      for (const [key, child] of this.#keys ?? []) child.collect(pathOf(path, key), child.#seen < this.#objects, into)
  }

  #addNumber(value: number): void {
    if (this.#numbers === undefined) this.#numbers = { min: value, max: value }
    else if (value < this.#numbers.min) this.#numbers.min = value
    else if (value > this.#numbers.max) this.#numbers.max = value
  }

  #addText(value: string): void {
    if (this.#texts !== undefined) {
      if (value.length > limits.valueChars) this.#texts = undefined
      else if (this.#texts.add(value).size > limits.values) this.#texts = undefined
    }
    if (this.#dates !== 'none' && isoDate.test(value)) this.#addDate(value)
    else this.#dates = 'none'
  }

  #addDate(value: string): void {
    if (this.#dates === 'none') return
    if (this.#dates === undefined) this.#dates = { min: value, max: value }
    else if (value < this.#dates.min) this.#dates.min = value
    else if (value > this.#dates.max) this.#dates.max = value
  }

  #addElements(values: readonly JsonValue[], budget: { nodes: number }, depth: number): void {
    if (values.length === 0) return
    this.#elements ??= makeNode(budget)
    if (this.#elements) for (const value of values) this.#elements.add(value, budget, depth + 1)
  }

  #addObject(value: Readonly<Record<string, JsonValue>>, budget: { nodes: number }, depth: number): void {
    this.#objects++
    this.#keys ??= new Map()
    for (const key of Object.keys(value)) {
      let child = this.#keys.get(key)
      if (child === undefined) {
        child = makeNode(budget)
        if (child === undefined) continue
        this.#keys.set(key, child)
      }
      child.add(value[key]!, budget, depth + 1)
    }
  }

  /** Many keys, few of them in each object: the keys are data, and their values are told together. */
  #asMap(): Node | undefined {
    const keys = this.#keys
    if (keys === undefined || keys.size <= limits.mapKeys) return undefined
    const children = [...keys.values()]
    const presence = children.reduce((sum, child) => sum + child.#seen, 0) / (this.#objects * keys.size)
    const alike = children.every(child => child.#types === children[0]!.#types)
    if (presence > 0.5 && !(this.#objects === 1 && alike)) return undefined
    const together = new Node()
    for (const child of children) together.#merge(child)
    return together
  }

  #merge(other: Node): void {
    this.#seen += other.#seen
    this.#types |= other.#types
    this.#objects += other.#objects
    if (other.#numbers) {
      this.#addNumber(other.#numbers.min)
      this.#addNumber(other.#numbers.max)
    }
    this.#mergeTexts(other)
    if (other.#elements) {
      this.#elements ??= new Node()
      this.#elements.#merge(other.#elements)
    }
    for (const [key, child] of other.#keys ?? []) {
      this.#keys ??= new Map()
      const mine = this.#keys.get(key) ?? new Node()
      mine.#merge(child)
      this.#keys.set(key, mine)
    }
  }

  #mergeTexts(other: Node): void {
    if (other.#texts === undefined) this.#texts = undefined
    for (const text of other.#texts ?? [])
      if (this.#texts && this.#texts.add(text).size > limits.values) this.#texts = undefined
    if (other.#dates === 'none') this.#dates = 'none'
    else if (other.#dates !== undefined) {
      this.#addDate(other.#dates.min)
      this.#addDate(other.#dates.max)
    }
  }

  #typeList(): JsonType[] {
    return types.filter((_, place) => (this.#types & (1 << place)) !== 0)
  }

  #range(): Pick<Field, 'values' | 'min' | 'max'> {
    const scalar = this.#typeList().filter(type => type !== 'null')
    if (scalar.length !== 1) return {}
    if (this.#numbers) return { min: this.#numbers.min, max: this.#numbers.max }
    const values = this.#texts && this.#texts.size > 0 ? { values: [...this.#texts].sort() } : {}
    return typeof this.#dates === 'object' ? { ...values, min: this.#dates.min, max: this.#dates.max } : values
  }
}

function makeNode(budget: { nodes: number }): Node | undefined {
  return budget.nodes-- > 0 ? new Node() : undefined
}

function typeOf(value: JsonValue): JsonType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value as JsonType
}

/** As jq writes it. */
function pathOf(path: string, key: string): string {
  const before = path === '.' ? '' : path
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `${before}.${key}` : `${before}.${JSON.stringify(key)}`
}
