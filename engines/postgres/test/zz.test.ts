import { openPostgres } from '@super-data/testing/postgres'
import { it } from 'vitest'
for (const m of [18, 15] as const) {
const p = (await openPostgres(m))!
it('x' + m, async () => {
  const d = await p.createDatabase()
  const r = await p.ask<any>(d, `select string_agg(distinct proname, ' ' order by proname) s, count(distinct proname) c from pg_proc where provolatile='v' and pronamespace='pg_catalog'::regnamespace and prorettype <> 'trigger'::regtype`)
  console.log(m, r[0].c, r[0].s)
  console.log(await p.ask<any>(d, `select oprname, oprcode::text from pg_operator o join pg_proc p on p.oid=oprcode where provolatile='v'`))
  console.log(await p.ask<any>(d, `select castsource::regtype::text, casttarget::regtype::text from pg_cast o join pg_proc p on p.oid=castfunc where provolatile='v'`))
  console.log(await p.ask<any>(d, `select c.relname, array_agg(p.proname) from pg_class c join pg_rewrite r on r.ev_class=c.oid join pg_depend d on d.objid=r.oid and d.refclassid='pg_proc'::regclass join pg_proc p on p.oid=d.refobjid where p.provolatile='v' group by 1`))
})
}
