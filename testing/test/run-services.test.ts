import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { runService } from '../src/run-services.ts'

describe('a service that a test run shares', () => {
  it('is started once, whoever asks first', async () => {
    let starts = 0
    const start = async () => {
      starts += 1
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 30_000)'], { detached: true, stdio: 'ignore' })
      child.unref()
      return { address: { pid: child.pid ?? 0 }, pids: [child.pid ?? 0] }
    }
    const [first, second] = await Promise.all([runService('sleeper', start), runService('sleeper', start)])
    expect(first.pid).toBeGreaterThan(0)
    expect(second).toEqual(first)
    expect(starts).toBe(1)
  })

  it('says why it does not start', async () => {
    const start = () => Promise.reject(new Error('no such program'))
    await expect(runService('broken', start)).rejects.toThrow('broken does not start: Error: no such program')
  })
})
