import { Writable } from 'node:stream'
import { openLog } from '@super-data/base/log'
import { expect, it } from 'vitest'

function captured(write: (log: ReturnType<typeof openLog>) => void): string {
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  write(openLog({ level: 'info' }, sink))
  return text
}

it('secrets never reach the log, at the top or inside', () => {
  const text = captured(log => {
    log.info({ authorization: 'Bearer sd_abc', request: { headers: { cookie: 'c=1' }, token: 't0k' } }, 'a call')
  })
  expect(text).not.toMatch(/sd_abc|c=1|t0k/)
  expect(text).toContain('[secret]')
})

it('each event is one line of JSON, whatever is in it', () => {
  const text = captured(log => log.info({ user: 'a\nb' }, 'line\nbreak'))
  expect(text.trimEnd().split('\n')).toHaveLength(1)
  expect(JSON.parse(text)).toMatchObject({ user: 'a\nb', msg: 'line\nbreak' })
})

it('what lies below the level is not written', () => {
  expect(captured(log => log.debug('details'))).toBe('')
})
