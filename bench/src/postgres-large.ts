import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { PlatformError } from '@super-data/base/errors'
import { ms } from './load.ts'
import { table } from './machine.ts'
import { fastest, growth, load, type PostgresScene } from './postgres-scene.ts'

const mb = (bytes: number) => `${Math.max(0, Math.round(bytes / 2 ** 20))} MB`
const aggregate = 'SELECT grp, count(*), sum(length(txt)), max(id) FROM big GROUP BY grp ORDER BY grp LIMIT 50'
const hugeCell = "SELECT repeat('x', 600000000) AS cell"

/** An aggregate that PostgreSQL computes with several processes, as long as nobody asks for it row by row. */
export async function postgresParallel({ bare, source }: PostgresScene): Promise<void> {
  const cursor = async () => {
    await bare.query('BEGIN READ ONLY')
    await bare.query(`DECLARE c CURSOR FOR ${aggregate}`)
    await bare.query('FETCH 101 FROM c')
    await bare.query('ROLLBACK')
  }
  const times = await fastest(6, {
    pg: () => bare.query(aggregate),
    'Super Data': () => source.read({ text: aggregate }),
    'DECLARE CURSOR, as others bound answers': cursor,
  })
  const { rows } = await source.read({ text: `EXPLAIN (ANALYZE) ${aggregate}` })
  const workers = /Workers Launched: (\d+)/.exec(rows.flat().join('\n'))?.[1] ?? '0'
  const lines = Object.entries(times).map(([name, time]) => ({
    'aggregate of 1 M rows': name,
    time: ms(time),
    'of pg': `${(time / times.pg).toFixed(2)}x`,
  }))
  console.log(`Parallel workers under Super Data: ${workers}; the fastest of 6 runs, taking turns; ${load()}\n`)
  console.log(table(lines))
}

/** All of a million rows, and one value that no string can hold. */
export async function postgresBounded({ bare, source, database }: PostgresScene): Promise<void> {
  const all = 'SELECT * FROM big'
  await source.read({ text: all })
  const bounded = await growth(() => fastest(6, { ours: () => source.read({ text: all }) }))
  const whole = await growth(() => fastest(1, { pg: () => bare.query(all) }))
  let refused: unknown
  const huge = await growth(() =>
    fastest(1, { ours: async () => (refused = await source.read({ text: hugeCell }).catch(codeOf)) }),
  )
  const alive = (await source.read({ text: 'SELECT 1' })).rows[0]?.[0] === 1
  const bareEnd = await inAnotherProcess(database.writer, hugeCell)
  console.log(`${load()}\n`)
  console.log(
    table([
      {
        question: `${all}, 1 M rows`,
        client: 'Super Data',
        time: ms(bounded.result.ours),
        growth: mb(bounded.bytes),
        outcome: '100 rows, and that there are more',
      },
      { question: '', client: 'pg', time: ms(whole.result.pg), growth: mb(whole.bytes), outcome: '1 M rows' },
      {
        question: 'one value of 600 MB',
        client: 'Super Data',
        time: ms(huge.result.ours),
        growth: mb(huge.bytes),
        outcome: `${refused}; next call ${alive ? 'answered' : 'failed'}`,
      },
      { question: '', client: 'pg', time: ms(bareEnd.time), growth: '', outcome: bareEnd.outcome },
    ]),
  )
}

const codeOf = (failure: unknown) => (failure instanceof PlatformError ? failure.code : String(failure))

/** What `pg` does with it must not end this process. */
async function inAnotherProcess(login: object, sql: string): Promise<{ time: number; outcome: string }> {
  const script = fileURLToPath(new URL('./postgres-bare-read.ts', import.meta.url))
  const started = performance.now()
  const child = spawn(process.execPath, [script, JSON.stringify(login), sql], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', chunk => {
    said += String(chunk)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  const error = /ERR_\w+/.exec(said)?.[0] ?? ''
  const outcome = code === 0 ? 'read it' : `the process died${error === '' ? '' : ` (${error})`}`
  return { time: performance.now() - started, outcome }
}
