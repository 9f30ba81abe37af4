import { compile, parse } from '@super-data/jq'
import { jqjsCompile, jqWeb } from './jq-engines.ts'
import { load, measureProcess, median, micros, times } from './jq-measure.ts'
import { machine, table } from './machine.ts'

const programs = {
  small: '.items[] | select(.price > 10) | .name',
  medium:
    'def total: map(.amount) | add; group_by(.city) | map({city: .[0].city, total: total, names: [.[].name]}) | sort_by(-.total) | .[:10]',
  large: Array.from(
    { length: 40 },
    (_, at) =>
      `def f${at}($x; g): if $x > ${at} then [.[]? | g | select(. != null)] else {a: $x, b: "n\\(${at})"} end;`,
  )
    .concat('[f0(1; .a), f39(2; .b // 1)] | reduce .[] as $x (0; . + ($x | length))')
    .join(' '),
}
const rounds = 7

/** How long a program takes from text to something that runs. */
export async function jqCompile(): Promise<void> {
  const compileJqjs = await jqjsCompile()
  const web = await jqWeb()
  const rows = []
  for (const [name, text] of Object.entries(programs)) {
    const rivals = [
      () => parse(text),
      () => compile(text),
      () => compileJqjs(text),
      () => web.raw('null', `if false then (${text}) else . end`, ['-c']),
    ]
    const found = rivals.map(() => [] as number[])
    for (let round = 0; round <= rounds; round++) for (const [at, run] of rivals.entries()) found[at]!.push(perRun(run))
    const spawned: number[] = []
    for (let round = 0; round < 9; round++)
      spawned.push((await measureProcess('jq', ['-n', `if false then (${text}) else . end`], false)).ms)
    const [parsed, own, jqjs, wasm] = found.map(list => median(list.slice(1)))
    rows.push({
      program: `${name}, ${text.length} characters`,
      'parse only': micros(parsed!),
      compile: micros(own!),
      'a second': (1000 / own!).toFixed(0),
      jqjs: micros(jqjs!),
      'ours : jqjs': times(own! / jqjs!),
      'jq-web, with a run': micros(wasm!),
      'jq, process and all': micros(median(spawned)),
    })
  }
  console.log(`From text to a program that runs (${machine()}, ${load()})\n`)
  console.log(table(rows))
}

function perRun(run: () => unknown): number {
  const started = performance.now()
  let runs = 0
  while (performance.now() - started < 40) {
    run()
    runs++
  }
  return (performance.now() - started) / runs
}
