import { builtinNames } from '../builtins/registry.ts'
import { JqSyntaxError } from '../errors.ts'
import type { Ast, Definition, Expression } from '../syntax/ast.ts'
import { keywords } from '../syntax/lexer.ts'
import { parse } from '../syntax/parser.ts'
import { childrenOf } from '../syntax/walk.ts'
import { documentationOf, formatDocumentation, keywordDocumentation } from './builtin-documentation.ts'
import type { EditorOptions } from './complete.ts'
import { cursorAt } from './cursor.ts'
import { PathReader } from './path-reader.ts'
import { Schema } from './schema.ts'

/** What an editor shows about the word under the pointer. */
export interface Hover {
  readonly name: string
  readonly signature: string
  readonly documentation: string
  /** Where the word begins and ends. */
  readonly start: number
  readonly end: number
}

/** What the word at an offset means; `undefined` where there is nothing to say. */
export function hover(text: string, offset: number, options: EditorOptions = {}): Hover | undefined {
  const end = offset + (/^\w*/.exec(text.slice(offset))?.[0].length ?? 0)
  const { kind, typed: name, start } = cursorAt(text, end)
  if (name === '' || kind === 'none') return undefined
  const ast = readable(text)
  const found = aboutWord(kind, name, { start, ast, options })
  return found && { name, ...found, start, end }
}

interface Place {
  readonly start: number
  /** `undefined`: the program is not complete. */
  readonly ast: Ast | undefined
  readonly options: EditorOptions
}

type About = Pick<Hover, 'signature' | 'documentation'>

function aboutWord(kind: string, name: string, place: Place): About | undefined {
  if (kind === 'variable') return { signature: `$${name}`, documentation: aboutVariable(name, place.options) }
  if (kind === 'format') return withText(`@${name}`, formatDocumentation(name))
  if (kind === 'field') return aboutField(name, place)
  if (keywords.has(name)) return withText(name, keywordDocumentation(name))
  return aboutFunction(name, place)
}

function withText(signature: string, documentation: string | undefined): About | undefined {
  return documentation === undefined ? undefined : { signature, documentation }
}

function aboutVariable(name: string, { variables = [] }: EditorOptions): string {
  if (name === 'ENV') return 'An object of the environment variables the caller shows.'
  if (name === '__loc__') return 'The file and line of this place in the program.'
  return variables.includes(name) ? 'A variable that is given to the program.' : 'A variable of this program.'
}

function aboutField(name: string, { start, ast, options }: Place): About | undefined {
  if (!ast || !options.paths) return undefined
  const reader = new PathReader()
  reader.read(ast)
  const access = reader.accesses.find(({ key, span }) => key === name && span.start <= start && start < span.end)
  if (!access) return undefined
  const schema = new Schema(options.paths)
  const type = schema.typeOf(access.path) ?? (schema.has(access.path) ? 'object' : undefined)
  return type === undefined ? undefined : { signature: access.path, documentation: `A field of the input: ${type}.` }
}

function aboutFunction(name: string, { start, ast, options }: Place): About | undefined {
  const arity = ast && arityOf(ast, start)
  const own = ast && definitionOf(ast, name, arity)
  if (own) return { signature: signatureOf(own), documentation: 'A function of this program.' }
  const given = options.functions?.find(({ signature }) => signature.split('(')[0] === name)
  if (given) return { signature: given.signature, documentation: given.documentation ?? 'A function from outside.' }
  const keys = builtinNames().filter(key => key.startsWith(`${name}/`))
  const key = keys.find(each => each === `${name}/${arity}`) ?? keys[0]
  return key === undefined ? undefined : documentationOf(key)
}

function readable(text: string): Ast | undefined {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof JqSyntaxError) return undefined
    throw error
  }
}

function* expressionsOf(ast: Ast): Generator<Expression> {
  const waiting = [...ast.definitions.map(({ body }) => body), ...(ast.body ? [ast.body] : [])]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    yield node
    waiting.push(...childrenOf(node))
  }
}

function arityOf(ast: Ast, start: number): number | undefined {
  for (const node of expressionsOf(ast)) if (node.kind === 'call' && node.start === start) return node.args.length
  return undefined
}

function definitionOf(ast: Ast, name: string, arity: number | undefined): Definition | undefined {
  const inner = [...expressionsOf(ast)].flatMap(node => (node.kind === 'define' ? [node.definition] : []))
  const all = [...inner, ...ast.definitions].filter(each => each.name === name)
  return all.find(({ params }) => params.length === arity) ?? (arity === undefined ? all[0] : undefined)
}

function signatureOf({ name, params }: Definition): string {
  const list = params.map(param => (param.value ? `$${param.name}` : param.name)).join('; ')
  return params.length === 0 ? name : `${name}(${list})`
}
