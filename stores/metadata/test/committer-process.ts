import { openNotes } from './notes.ts'

/*
 * A process that commits and says so.
 *   endless FILE NAME        pairs of rows until killed; one line an acknowledgement
 *   times FILE NAME COUNT    so many single rows, then ends
 */
const [mode, file, name, count] = process.argv.slice(2) as [string, string, string, string]
const say = (line: string) => process.stdout.write(`${line}\n`)

const database = await openNotes(file, { durability: mode === 'endless' ? 'full' : 'normal' })
say('ready')

if (mode === 'endless') {
  for (let n = 0; ; n++) {
    await database.write(async rows => {
      const values = { text: `${name}/${n}`, rank: n }
      await rows.insertInto('notes').values(values).execute()
      await rows
        .insertInto('notes')
        .values({ ...values, author_id: 1 })
        .execute()
    })
    say(`${name}/${n}`)
  }
}

for (let n = 0; n < Number(count); n++) {
  await database.write(rows => rows.insertInto('notes').values({ text: name, rank: n }).execute())
}
await database.close()
