import { approval } from './approval.ts'
import { jqCompile } from './jq-compile.ts'
import { jqHostile } from './jq-hostile.ts'
import { jqLarge } from './jq-large.ts'
import { jqResident } from './jq-resident.ts'
import { jqSmall } from './jq-small.ts'
import { jqStream } from './jq-stream.ts'
import { mixedLoad } from './mixed-load.ts'
import { postgres } from './postgres.ts'
import { start } from './start.ts'
import { sync } from './sync.ts'
import { team } from './team.ts'
import { toolList } from './tool-list.ts'
import { warmCall } from './warm-call.ts'

interface Benchmark {
  readonly claim: string
  readonly run: () => Promise<void>
}

/** One benchmark for each claim: `npm run bench -- NAME`. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  start: { claim: 'from process start to ready in 1.5 s at most', run: start },
  'warm-call': {
    claim: 'a warm jq tool call takes 5 ms at most with one client; 16 clients get 800 a second at least',
    run: warmCall,
  },
  'mixed-load': {
    claim: '200 clients, a request a second each, for a minute: no error, p99 of calls 150 ms at most',
    run: mixedLoad,
  },
  'tool-list': { claim: 'with 1,000 approved tools, tools/list answers within 10 ms (median)', run: toolList },
  approval: {
    claim: 'an approval is heard of within 0.2 s on the same server, within the interval and 2 s on another',
    run: approval,
  },
  sync: {
    claim: 'with 5,000 tools, one change is in the bucket within 2 s and 3 requests; a look at nothing new is one',
    run: sync,
  },
  team: {
    claim: '120 clients that call, list, vote, propose and write among 1,000 tools: no locked database, no error',
    run: team,
  },
  'jq-small': {
    claim: 'a warm call in process is no slower than jqjs; through the pool it is 100 times faster than starting jq',
    run: jqSmall,
  },
  'jq-large': {
    claim: "100 MB in a third of jq's time and half of its memory at most, no slower than jqjs; growth is linear",
    run: jqLarge,
  },
  'jq-resident': {
    claim: 'questions to 100 MB that are warm are answered five times faster than by jq',
    run: jqResident,
  },
  'jq-stream': { claim: 'a gigabyte of NDJSON, record by record, in 200 MB at most and faster than jq', run: jqStream },
  'jq-compile': { claim: 'none: how long a program takes from text to something that runs', run: jqCompile },
  'jq-hostile': {
    claim: 'beside hostile programs cheap calls take 100 ms at most (p99), and the server grows by less than 100 MB',
    run: jqHostile,
  },
  postgres: {
    claim:
      'a row by its key takes 3 times of bare pg at most; parallel plans stay; big answers and values do no harm; ' +
      'import is 100 times faster than single inserts, as fast as psql',
    run: postgres,
  },
}

const names = process.argv.slice(2)
const unknown = names.filter(name => !(name in benchmarks))
if (names.length === 0 || unknown.length > 0) {
  const list = Object.entries(benchmarks).map(([name, { claim }]) => `${name.padEnd(14)}${claim}`)
  console.error(`usage: npm run bench -- NAME…\n\n${list.join('\n')}`)
  process.exit(2)
}
for (const name of names) {
  const { claim, run } = benchmarks[name]!
  console.log(`npm run bench -- ${name}\nclaim: ${claim}\n`)
  await run()
}
