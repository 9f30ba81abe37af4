import { jqCompile } from './jq-compile.ts'
import { jqHostile } from './jq-hostile.ts'
import { jqLarge } from './jq-large.ts'
import { jqResident } from './jq-resident.ts'
import { jqSmall } from './jq-small.ts'
import { jqStream } from './jq-stream.ts'
import { mixedLoad } from './mixed-load.ts'
import { start } from './start.ts'
import { toolList } from './tool-list.ts'
import { warmCall } from './warm-call.ts'

/** One benchmark for each claim: `npm run bench -- NAME`. */
const benchmarks: Readonly<Record<string, () => Promise<void>>> = {
  start,
  'warm-call': warmCall,
  'mixed-load': mixedLoad,
  'tool-list': toolList,
  'jq-small': jqSmall,
  'jq-large': jqLarge,
  'jq-resident': jqResident,
  'jq-stream': jqStream,
  'jq-compile': jqCompile,
  'jq-hostile': jqHostile,
}

const names = process.argv.slice(2)
const unknown = names.filter(name => !(name in benchmarks))
if (names.length === 0 || unknown.length > 0) {
  console.error(`usage: npm run bench -- NAME…\n\n${Object.keys(benchmarks).join('\n')}`)
  process.exit(2)
}
for (const name of names) await benchmarks[name]?.()
