import { once } from 'node:events'
import { bytesFilledFor } from './filled-bytes.ts'
import { openFolder } from './open-folder.ts'

/*
 * A process that writes objects and says on stdout what was acknowledged.
 *   endless FOLDER NAME        creates, rewrites and deletes until killed
 *   raise FOLDER TIMES         raises the object `counter`
 *   create FOLDER NAME KEYS    tries to create KEYS objects, says which it won
 */
const [mode, folder, name, count] = process.argv.slice(2) as [string, string, string, string]
const store = await openFolder(folder)
const say = (line: string) => process.stdout.write(`${line}\n`)

async function endless(): Promise<never> {
  for (let round = 0; ; round++) {
    const key = `${name}/${round}`
    const size = (round * 37_123) % 400_000
    const { etag } = await store.put(key, bytesFilledFor(key, size), { ifNoneMatch: '*' })
    say(`put ${key} ${size}`)
    const shared = await store.put(`${name}/shared`, bytesFilledFor(`${name}/shared`, size))
    say(`shared ${round} ${shared.etag}`)
    if (round % 3 === 0) {
      await store.delete(key, { ifMatch: etag })
      say(`deleted ${key}`)
    }
  }
}

async function raise(): Promise<void> {
  for (let done = 0; done < Number(name); ) {
    const { etag, body } = await store.get('counter')
    const next = String(Number(await body.text()) + 1)
    try {
      await store.put('counter', new TextEncoder().encode(next), { ifMatch: etag })
      done++
    } catch (failure) {
      if ((failure as { code?: string }).code !== 'OBJECT_WRITE_CONFLICT') throw failure
    }
  }
}

async function create(): Promise<void> {
  for (let n = 0; n < Number(count); n++) {
    try {
      await store.put(`key ${n}`, new TextEncoder().encode(name), { ifNoneMatch: '*' })
      say(`won ${n}`)
    } catch (failure) {
      if ((failure as { code?: string }).code !== 'OBJECT_WRITE_CONFLICT') throw failure
    }
  }
}

say('ready')
await once(process, 'message')
await { endless, raise, create }[mode]!()
await store.close()
process.disconnect()
