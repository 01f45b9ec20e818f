import { Duplex } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ClientDuplexStream } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { callDuplex } from './client.ts'

const REQUESTS = 50_000
/** Less than a promise for each request takes. */
const MAX_BYTES_PER_REQUEST = 100

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** A call whose server reads each request before the next one is sent, and responds at the end. */
function slowCall(): ClientDuplexStream<object, number> {
  let count = 0
  const call = new Duplex({
    objectMode: true,
    highWaterMark: 1,
    read() {},
    write(_request, _encoding, done) {
      count += 1
      setImmediate(done)
    },
    final(done) {
      this.push(count)
      this.push(null)
      done()
    },
  })
  return Object.assign(call, { cancel: () => {} }) as unknown as ClientDuplexStream<object, number>
}

test('the requests of a long call leave nothing in memory', async () => {
  let growth = 0
  async function* requests() {
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    for (let count = 0; count < REQUESTS; count += 1) yield {}
    collectGarbage()
    growth = process.memoryUsage().heapUsed - before
  }
  const responses = callDuplex(slowCall, requests(), new AbortController().signal)
  expect(await Array.fromAsync(responses)).toEqual([REQUESTS])
  expect(growth / REQUESTS).toBeLessThan(MAX_BYTES_PER_REQUEST)
})
