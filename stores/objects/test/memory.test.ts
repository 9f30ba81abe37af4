import { systemClock } from '@super-data/base/clock'
import { systemRandom } from '@super-data/base/ids'
import { MemoryObjectStore } from '@super-data/objects'
import { describeObjectStore } from './describe-object-store.ts'

describeObjectStore('memory', async () => new MemoryObjectStore({ clock: systemClock, random: systemRandom }))
