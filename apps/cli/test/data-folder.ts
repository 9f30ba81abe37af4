import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './shell.ts'

const orders = `id,customer,status,total
1,anna,paid,120.5
2,ben,open,80
3,anna,paid,42
4,cleo,open,9.9
5,anna,paid,300
`

/** A folder with a CSV and a JSON file. */
export function dataFolder(folder = temporaryFolder()): string {
  writeFileSync(join(folder, 'orders.csv'), orders)
  writeFileSync(join(folder, 'people.json'), JSON.stringify([{ name: 'anna' }, { name: 'ben' }]))
  return folder
}

/** No home is set: the saved connection decides. */
export const unset = { SUPER_DATA_HOME: '' }
