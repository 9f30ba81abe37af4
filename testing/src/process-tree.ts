import { readdir, readFile } from 'node:fs/promises'

/**
 * Memory of a process and of everything it started, in bytes: what is shared (the program itself, mostly) counts once,
 * divided among those that share it. Linux only.
 */
export async function treeMemoryBytes(pid: number): Promise<number> {
  const processes = await Promise.all((await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(statusOf))
  const known = processes.filter(each => each !== undefined)
  const inTree = new Set([pid])
  // Children may be listed before their parents: look again until nothing new is found.
  for (let size = 0; size !== inTree.size; ) {
    size = inTree.size
    for (const each of known) if (inTree.has(each.parent)) inTree.add(each.pid)
  }
  const sizes = await Promise.all([...inTree].map(memoryOf))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Its proportional share, 0 for a process that has ended meanwhile. */
async function memoryOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1024
}

/** @returns undefined for a process that has ended meanwhile. */
async function statusOf(pid: string): Promise<{ pid: number; parent: number } | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined)
  if (status === undefined) return undefined
  return { pid: Number(pid), parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0) }
}
