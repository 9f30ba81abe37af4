import type { Definition } from '../syntax/ast.ts'
import { parse } from '../syntax/parser.ts'

/** Builtins that are best said in jq itself. None of them is on a fast path. */
const text = `
def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdate: fromdateiso8601;
def todate: todateiso8601;
def date: todate;
def dateadd(u; n): . + n;
def datesub(u; n): . - n;
def leaf_paths: paths(scalars);
def truncate_stream(stream):
  . as $depth | null | stream | . as $event
  | if (.[0] | length) > $depth then setpath([0]; $event[0][$depth:]) else empty end;
def INDEX(stream; key): reduce stream as $row ({}; .[$row | key | tostring] = $row);
def INDEX(key): INDEX(.[]; key);
def JOIN($index; key): [.[] | [., $index[key]]];
def JOIN($index; stream; key): stream | [., $index[key]];
def JOIN($index; stream; key; joined): stream | [., $index[key]] | joined;
`

let definitions: Map<string, Definition> | undefined

/** The definition of a builtin by name and arity, read the first time anybody asks. */
export function findPrelude(key: string): Definition | undefined {
  return prelude().get(key)
}

export function preludeNames(): string[] {
  return [...prelude().keys()]
}

function prelude(): Map<string, Definition> {
  definitions ??= new Map(parse(text).definitions.map(each => [`${each.name}/${each.params.length}`, each]))
  return definitions
}
