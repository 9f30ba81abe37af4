import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { FrameDecoder, frameTypes, ProtocolMismatch, toFrameBytes } from '../src/pool/frames.ts'

it('frames come out as they went in, wherever the bytes are cut', () => {
  const sent = [
    toFrameBytes(frameTypes.items, 7, 'aé'),
    toFrameBytes(frameTypes.pull, 8, ''),
    toFrameBytes(frameTypes.done, 9, 'x'.repeat(300)),
  ]
  const bytes = Buffer.concat(sent)
  for (const cut of [1, 2, 5, 8, 9, 10, 13, 100, 1_000]) {
    const decoder = new FrameDecoder(() => 1_000)
    const got = []
    for (let at = 0; at < bytes.length; at += cut) got.push(...decoder.push(bytes.subarray(at, at + cut)))
    expect(got.map(frame => [frame.type, frame.call, frame.payload.toString()])).toEqual([
      [frameTypes.items, 7, 'aé'],
      [frameTypes.pull, 8, ''],
      [frameTypes.done, 9, 'x'.repeat(300)],
    ])
  }
})

it('a frame that is unknown or too large is refused before its payload is there', () => {
  const tooLarge = toFrameBytes(frameTypes.items, 1, 'x'.repeat(100)).subarray(0, 9)
  expect(() => new FrameDecoder(() => 99).push(tooLarge)).toThrow(ProtocolMismatch)
  const unknown = Buffer.from(toFrameBytes(frameTypes.items, 1, ''))
  unknown[0] = 99
  expect(() => new FrameDecoder(() => 99).push(unknown)).toThrow(ProtocolMismatch)
})
