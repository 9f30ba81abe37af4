/**
 * One engine, one file, one program, in a process of its own, so that time and memory are nobody else's.
 * Usage: `node jq-whole-file.ts ENGINE FILE PROGRAM`; prints the outputs.
 */
import { readFileSync } from 'node:fs'
import { jqjsCompile, jqWeb } from './jq-engines.ts'

const [engine = '', file = '', program = ''] = process.argv.slice(2)

const engines: Readonly<Record<string, () => Promise<void>>> = {
  async own() {
    const { compile, parseJson, printJson } = await import('@super-data/jq')
    const compiled = compile(program)
    compiled.run(parseJson(readFileSync(file, 'utf8')), { emit: output => console.log(printJson(output)) })
  },
  async jqjs() {
    const compiled = (await jqjsCompile())(program)
    for (const output of compiled(JSON.parse(readFileSync(file, 'utf8')))) console.log(JSON.stringify(output))
  },
  async 'jq-web'() {
    console.log((await jqWeb()).raw(readFileSync(file, 'utf8'), program, ['-c']).trim())
  },
  async duckdb() {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const rows = await connection.runAndReadAll(program.replace('FILE', `'${file}'`))
    console.log(JSON.stringify(rows.getRowObjectsJson()))
  },
}

await engines[engine]?.()
