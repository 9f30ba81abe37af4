import { nearest } from '@super-data/base/nearest'
import type { Ast } from '../syntax/ast.ts'
import type { IssueList } from './issue.ts'
import { type PathAccess, PathReader } from './path-reader.ts'
import { Schema, type SchemaPath } from './schema.ts'

/** Places in the input that it does not have. What lies below something unlisted is not told again. */
export function lintPaths(ast: Ast, paths: readonly SchemaPath[], issues: IssueList): void {
  const schema = new Schema(paths)
  const reader = new PathReader()
  reader.read(ast)
  const told = new Set<string>()
  for (const access of reader.accesses) {
    if (told.has(`${access.span.start} ${access.key}`) || !isMissing(access, schema, reader.accesses)) continue
    told.add(`${access.span.start} ${access.key}`)
    report(access, schema, issues)
  }
}

/** A step that leads nowhere, from a place that is known, by every way the program comes there. */
function isMissing(access: PathAccess, schema: Schema, all: readonly PathAccess[]): boolean {
  const isKnown = (path: string) => schema.isScalar(path) || schema.fieldsOf(path).length > 0
  const same = all.filter(each => each.span.start === access.span.start && each.key === access.key)
  return access.key !== undefined && same.every(({ path, parent }) => !schema.has(path) && isKnown(parent))
}

function report({ path, parent, key = '', span }: PathAccess, schema: Schema, issues: IssueList): void {
  const severity = 'warning'
  if (schema.isScalar(parent)) {
    const message = `${parent} is a ${schema.typeOf(parent)}, so it has no ${key}`
    issues.add({ rule: 'unknown-path', message, severity }, span)
    return
  }
  const near = nearest(key, schema.fieldsOf(parent))
  const message = `the input has no ${path}${near === undefined ? '' : `; did you mean ${near}?`}`
  const suggestion = near === undefined ? {} : { suggestion: near }
  issues.add({ rule: 'unknown-path', message, severity, ...suggestion }, span)
}
