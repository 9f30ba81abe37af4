import { readdir, readFile } from 'node:fs/promises'

/** Resident memory of a process and of everything it started, in bytes. Linux only. */
export async function treeResidentBytes(pid: number): Promise<number> {
  const processes = await Promise.all((await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(statusOf))
  const known = processes.filter(each => each !== undefined)
  const inTree = new Set([pid])
  // Children may be listed before their parents: look again until nothing new is found.
  for (let size = 0; size !== inTree.size; ) {
    size = inTree.size
    for (const each of known) if (inTree.has(each.parent)) inTree.add(each.pid)
  }
  return known.filter(each => inTree.has(each.pid)).reduce((sum, each) => sum + each.residentBytes, 0)
}

/** @returns undefined for a process that has ended meanwhile. */
async function statusOf(pid: string): Promise<{ pid: number; parent: number; residentBytes: number } | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined)
  if (status === undefined) return undefined
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  return { pid: Number(pid), parent: field('PPid'), residentBytes: field('VmRSS') * 1024 }
}
