import { stat } from 'node:fs/promises'

/** Another text after every change of a database file, by whatever process. */
export async function fingerprintOf(file: string): Promise<string> {
  const stats = await Promise.all(
    [file, `${file}-wal`].map(each => stat(each, { bigint: true }).catch(() => undefined)),
  )
  return stats.map(found => `${found?.ino ?? 0}:${found?.size ?? 0}:${found?.mtimeNs ?? 0}`).join(' ')
}
