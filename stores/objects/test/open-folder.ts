import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { FolderObjectStore } from '@super-data/objects'

export function openFolder(folder: string): Promise<FolderObjectStore> {
  return FolderObjectStore.open({ folder, clock: systemClock, random: systemRandom })
}
