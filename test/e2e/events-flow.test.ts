import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeResumeToken } from '../../src/service/events/resume-token.ts'
import {
  EVENTS_TITLE,
  LazyReader,
  type Observed,
  startEventHost,
  writeEvents,
} from '../support/event-host.ts'
import { openWatch } from '../support/event-source.ts'
import { until } from '../support/relay.ts'
import { createTestServices, type TestServices } from '../support/services.ts'

/** About 60 megabytes for each reader: more than the socket buffers of a machine hold. */
const MANY = 40_000
const REASON = 'x'.repeat(1024)
const READERS = 10
const MEBIBYTE = 2 ** 20
/** A wait of an hour would fail the test. */
const HOUR_MILLISECONDS = 60 * 60_000

let services: TestServices

beforeEach(async () => {
  services = await createTestServices()
})
afterEach(() => services[Symbol.asyncDispose]())

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const memory = () => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Waits until no watch has been read from for half a second. */
async function untilStill(watches: readonly Observed[]): Promise<void> {
  const count = () => watches.reduce((sum, { pages }) => sum + pages, 0)
  let [last, same] = [-1, 0]
  await until(() => {
    same = count() === last ? same + 1 : 0
    last = count()
    return last > 0 && same >= 20
  })
}

test('a watch whose client reads nothing stops reading pages and holds little memory', async () => {
  const { server, address, watches } = await startEventHost(services)
  await writeEvents(services.databaseUrl, MANY, REASON)
  const before = memory()
  const readers = Array.from({ length: READERS }, () => new LazyReader(address, 'from_oldest=true'))
  await until(() => watches.length === READERS)
  await untilStill(watches)
  expect(memory() - before).toBeLessThan(200 * MEBIBYTE)
  for (const { pages } of watches) expect(pages).toBeLessThan(MANY / 500)
  for (const reader of readers) reader.leave()
  await Promise.all(watches.map(({ ended }) => ended))
  await server.stop()
})

test('a client that reads nothing for too long is disconnected with the reason, and resumes without a gap', async () => {
  const { server, url, address, watches } = await startEventHost(services, { writeTimeout: 3_000 })
  await writeEvents(services.databaseUrl, MANY, REASON)
  const reader = new LazyReader(address, 'from_oldest=true')
  await until(() => watches.length === 1)
  await watches[0]?.ended
  const text = await reader.readAll()
  const ids = [...text.matchAll(/^data: \{"event_id":"(\d+)"/gm)].map(([, id]) => Number(id))
  const last = [...text.matchAll(/^event: end\ndata: (.*)\n\n$/gm)].map(([, data]) => JSON.parse(data ?? ''))
  expect(last).toMatchObject([{ reason: 'WATCH_TOO_SLOW', message: expect.stringContaining('not read') }])
  const token = last[0].resume_token
  expect(token).toBe(writeResumeToken(EVENTS_TITLE, BigInt(ids.at(-1) ?? 0)))
  const query = Object.entries({ title_id: EVENTS_TITLE, resume_token: token })
  using rest = await openWatch(url, { query })
  await rest.until(({ events }) => ids.length + events.length >= MANY)
  expect([...ids, ...rest.ids.map(Number)]).toEqual(
    Array.from({ length: MANY }, (_, index) => index + (ids[0] ?? 0)),
  )
  await server.stop(0)
})

test('a client that does not read the end of its stream is disconnected', async () => {
  const { server, address, watches } = await startEventHost(services, { writeTimeout: 100 })
  await writeEvents(services.databaseUrl, MANY, REASON)
  const reader = new LazyReader(address, 'from_oldest=true')
  await until(() => watches.length === 1)
  await watches[0]?.ended
  await watches[0]?.closed
  expect(await reader.readAll()).not.toContain('event: end')
  await server.stop()
})

test('a watch ends when its client disconnects', async () => {
  const { server, address, url, watches } = await startEventHost(services)
  const quiet = await openWatch(url, { query: [['title_id', EVENTS_TITLE]] })
  quiet[Symbol.dispose]()
  await watches[0]?.ended
  const reader = new LazyReader(address, 'from_oldest=true')
  await until(() => watches[1] !== undefined && watches[1].pages > 0)
  reader.leave()
  await watches[1]?.ended
  await server.stop()
})

test('a server stops without waiting for a client that reads nothing', async () => {
  const { server, address, watches } = await startEventHost(services, { writeTimeout: HOUR_MILLISECONDS })
  await writeEvents(services.databaseUrl, MANY, REASON)
  const reader = new LazyReader(address, 'from_oldest=true')
  await until(() => watches.length === 1)
  await untilStill(watches)
  await services.safePosition.close()
  await server.stop(HOUR_MILLISECONDS)
  reader.leave()
})
