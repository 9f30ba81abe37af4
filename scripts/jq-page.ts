import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { allDocumentation, formatDocumentation } from '../engines/jq/src/index.ts'

const folder = new URL('../engines/jq/src/', import.meta.url)

interface Exported {
  readonly name: string
  readonly file: string
}

/** The sections of the page, in order, and the files whose exports they hold. */
const sections: readonly (readonly [title: string, files: RegExp])[] = [
  ['Running programs', /^(program|policy|modules|compile)\b/],
  ['Reading programs', /^(analyse|tools|syntax|builtins)\b/],
  ['Values', /^(value|ordering)\b/],
  ['A pool of processes', /^pool\/(?!errors)/],
  ['Errors', /errors\.ts$/],
]

/** What `@super-data/jq` exports, made from its declarations and their docstrings, and every builtin of the language. */
export function jqPage(): string {
  const all = exportsOf(read('index.ts'))
  const parts = sections.map(([title, files]) => {
    const texts = all.filter(({ file }) => files.test(file)).map(sectionOf)
    return `## ${title}\n\n${texts.join('\n')}`
  })
  return `<!-- Written by \`npm run reference\` from the declarations. Changes by hand are lost. -->\n\n# jq\n\nThe language and tools of \`@super-data/jq\`; its [README](../../engines/jq/README.md) shows how they go together.\n\n${parts.join('\n')}\n${builtinsText()}`
}

function read(file: string): string {
  return readFileSync(fileURLToPath(new URL(file, folder)), 'utf8')
}

function exportsOf(index: string): Exported[] {
  const lists = index.matchAll(/export (?:type )?\{([^}]*)\} from '\.\/([^']+)'/g)
  return [...lists].flatMap(([, names = '', file = '']) =>
    names.split(',').flatMap(each => {
      const name = each.replace(/^\s*type\s/, '').trim()
      return name === '' ? [] : [{ name, file }]
    }),
  )
}

function sectionOf({ name, file }: Exported): string {
  const { doc, text } = declarationOf(name, read(file))
  return `### ${name}\n\n${doc === '' ? '' : `${docText(doc)}\n\n`}\`\`\`ts\n${text}\n\`\`\`\n`
}

/** A declaration without bodies of functions, and the docstring before it, if there is one. */
function declarationOf(name: string, source: string): { doc: string; text: string } {
  const kinds = 'interface|type|const|function|class|abstract class|async function'
  const found = new RegExp(`(/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\n)?export (?:${kinds}) ${name}\\b`).exec(source)
  if (!found) throw new Error(`${name} is not declared in the file it comes from`)
  const doc = found[1] ?? ''
  const rest = source.slice(found.index + doc.length).replace(/^export /, '')
  return { doc, text: headOf(rest) }
}

function headOf(rest: string): string {
  if (/^(?:interface|type)/.test(rest)) return wholeOf(rest)
  if (rest.startsWith('class')) return classOf(wholeOf(rest))
  if (rest.startsWith('const')) return rest.slice(0, rest.search(/ =/))
  return rest.slice(0, rest.search(/ \{\n/))
}

/** An interface or class ends at its own brace, a type before an empty line. */
function wholeOf(rest: string): string {
  return rest.startsWith('type') ? rest.slice(0, rest.indexOf('\n\n')) : rest.slice(0, rest.search(/^\}/m) + 1)
}

/** A class from outside: its public members, without their bodies. */
function classOf(text: string): string {
  const kept: string[] = []
  let doc: string[] = []
  for (const line of text.split('\n').slice(1, -1)) {
    if (/^ {2,3}(?:\/\*\*| \*)/.test(line)) doc.push(line)
    else if (isPublicMember(line)) {
      kept.push(...doc, line.replace(/ \{.*$/, '').replace(/ = new .*$/, ''))
      doc = []
    } else doc = []
  }
  return `${text.split('\n')[0]}\n${kept.join('\n')}\n}`
}

function isPublicMember(line: string): boolean {
  return (
    /^ {2}(?:static |readonly |get |async )*[a-z]\w*[(<:? ]/.test(line) &&
    !/^ {2}(?:[^(]*#|private|constructor)/.test(line)
  )
}

/** The text of a docstring, its tags in words. */
function docText(doc: string): string {
  const lines = doc
    .replace(/^\/\*\*|\*\/\n?$/g, '')
    .split('\n')
    .map(line => line.replace(/^\s*\* ?/, '').trim())
  return lines
    .join('\n')
    .trim()
    .replace(/^@throws /gm, '**Throws** ')
    .replace(/^@returns /gm, '**Returns** ')
    .replace(/^@param (\S+) /gm, '**`$1`** ')
}

function builtinsText(): string {
  const rows = [...allDocumentation().values()].map(
    ({ signature, documentation }) => `| \`${cell(signature)}\` | ${cell(documentation)} |`,
  )
  const formats = ['text', 'json', 'csv', 'tsv', 'html', 'uri', 'urid', 'sh', 'base64', 'base64d', 'base32', 'base32d']
  const formatRows = formats.map(name => `| \`@${name}\` | ${cell(formatDocumentation(name) ?? '')} |`)
  const table = (lines: readonly string[]) => `| | |\n|---|---|\n${lines.join('\n')}\n`
  return `## Builtins\n\n${table(rows)}\n## Formats\n\n${table(formatRows)}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
