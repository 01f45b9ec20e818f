import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LaurelError } from '../model/errors.ts'
import { CallLimiter } from '../service/call-limiter.ts'
import { MessageDecoder } from './message-decoder.ts'

const MAX_BYTES = 4 * 2 ** 20
const openCall = (limiter = new CallLimiter(), name = 'shop') =>
  limiter.open({ kind: 'service', name, permissions: [] }, 'unary')

function decoderOf(counted = openCall(), isKept = true) {
  const errors: LaurelError[] = []
  const refuse = (error: LaurelError) => errors.push(error)
  return { decoder: new MessageDecoder({ maxBytes: MAX_BYTES, counted, isKept, refuse }), errors }
}

function framed(length: number): Buffer {
  const message = Buffer.alloc(5 + length, length % 251)
  message.writeUInt8(0, 0)
  message.writeUInt32BE(length, 1)
  return message
}

test('cuts the same messages from any frames', () => {
  const lengths = fc.array(fc.oneof(fc.nat(3), fc.nat(20_000)), { minLength: 1, maxLength: 8 })
  const cuts = fc.array(fc.nat(), { maxLength: 30 })
  fc.assert(
    fc.property(lengths, cuts, (lengths, cuts) => {
      const messages = lengths.map(framed)
      const data = Buffer.concat(messages)
      const offsets = [0, ...cuts.map((cut) => cut % data.length).sort((a, b) => a - b), data.length]
      const { decoder } = decoderOf()
      const found = offsets
        .slice(1)
        .flatMap((end, index) => decoder.write(data.subarray(offsets[index], end)))
      expect(found).toEqual(messages)
    }),
  )
})

test('refuses a message above the limit when its head has arrived', () => {
  const { decoder } = decoderOf()
  decoder.write(Buffer.from([0, 0xff]))
  expect(() => decoder.write(Buffer.from([0xff, 0xff, 0xff]))).toThrow('larger than max')
})

test.each([
  ['are counted until the call ends, for a call with one request', true, 4],
  ['are counted until the message is complete, for a stream', false, Number.POSITIVE_INFINITY],
])('bytes %s', (_, isKept, most) => {
  const limiter = new CallLimiter()
  const first = openCall(limiter)
  const { decoder, errors } = decoderOf(first, isKept)
  const message = framed(MAX_BYTES)
  let count = 0
  const parts = [0, 1, 2, 3, 4].map((index) => message.subarray(index * 2 ** 20, (index + 1) * 2 ** 20))
  for (const part of Array(20).fill(parts).flat()) {
    if (errors.length > 0) break
    count += decoder.write(part).length
  }
  expect(count).toBe(Math.min(most, 20))
  expect(errors).toEqual(isKept ? [expect.objectContaining({ reason: 'TOO_MANY_REQUESTS' })] : [])
  openCall(limiter, 'other').reserve(MAX_BYTES)
  first.close()
  openCall(limiter).reserve(16 * 2 ** 20)
})
