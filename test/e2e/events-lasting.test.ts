import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { EVENTS_TITLE, LazyReader, startEventHost, writeEvents } from '../support/event-host.ts'
import { BrowserWatch, openWatch } from '../support/event-source.ts'
import { createWorld, TITLE_ID } from '../support/fixture.ts'
import { record } from '../support/relay.ts'
import { startServer } from '../support/server.ts'
import { createTestServices } from '../support/services.ts'
import { wayTo } from '../support/severed.ts'

const WATCHING = { query: [['title_id', EVENTS_TITLE] as const] }

test('a stream on which nothing is said outlives all that the host has no patience for', async () => {
  await using services = await createTestServices()
  const { server, address, url } = await startEventHost(services, { slowest: 100 })
  using watch = await openAmong408s(url)
  // Who came later than the stream and was too slow is sent away: so all were looked at, the stream too.
  for (let look = 0; look < 5; look += 1) expect(await heardInSilence(address)).toMatch(/^HTTP\/1\.1 408 /)
  await writeEvents(services.databaseUrl, 1)
  await watch.until(({ told }) => told.length === 1)
  expect([watch.opened, watch.ends]).toEqual([1, []])
  await services.safePosition.close()
  await server.stop()
})

/** A request itself is too slow where the machine stands still: then it is made again. */
async function openAmong408s(url: string): Promise<BrowserWatch> {
  for (;;) {
    const watch = new BrowserWatch(url, WATCHING)
    const open = await watch.until(({ opened }) => opened > 0).catch((error: Error) => error)
    if (!(open instanceof Error)) return open
    expect(open.message).toContain('408')
  }
}

/** What who asks nothing is told. */
function heardInSilence(address: string): Promise<string> {
  const [host, port] = address.split(':')
  return text(connect(Number(port), host))
}

test('a quiet stream says that it is alive, and up to where it has seen all', async () => {
  await using services = await createTestServices()
  const { server, address, watches } = await startEventHost(services, { heartbeat: 20 })
  const reader = new LazyReader(address, 'kind=unlocked')
  while ((watches[0]?.pages ?? 0) < 5) await sleep(20)
  // Of another kind: it is not told, and yet a watch that goes on need not look at it again.
  await writeEvents(services.databaseUrl, 3)
  services.safePosition.poke()
  while ((services.safePosition.position ?? 0n) < 3n) await sleep(20)
  const seen = watches[0]?.pages ?? 0
  while ((watches[0]?.pages ?? 0) < seen + 3) await sleep(20)
  await services.safePosition.close()
  const blocks = (await reader.readAll()).split('\r\n\r\n')[1]?.split('\n\n') ?? []
  const alive = blocks.filter((block) => /^: alive\nid: [\w-]+$/.test(block))
  expect(alive.length).toBe(blocks.length - 3)
  expect(new Set(alive).size).toBeGreaterThan(1)
  expect(blocks[0]).toBe('retry: 1000')
  expect(blocks.at(-2)).toMatch(/^id: [\w-]+\nevent: end\ndata: \{"reason":"SERVER_STOPPING"/)
  await server.stop()
})

test('who comes while the server stops is sent away for a moment, and not for good', async () => {
  await using services = await createTestServices()
  const { server, url } = await startEventHost(services)
  await services.safePosition.close()
  using watch = new BrowserWatch(url, WATCHING)
  await watch.until(({ ends }) => ends.length === 2)
  expect(watch.ends).toMatchObject([{ reason: 'SERVER_STOPPING' }, { reason: 'SERVER_STOPPING' }])
  await server.stop()
})

test('a fault ends a stream, and tells nothing of itself', async () => {
  await using services = await createTestServices()
  const { server, address, url, watches } = await startEventHost(services, { heartbeat: 20 })
  const reader = new LazyReader(address, 'from_oldest=true')
  while ((watches[0]?.pages ?? 0) < 2) await sleep(20)
  const client = new pg.Client({ connectionString: services.databaseUrl })
  await client.connect()
  await client.query('alter table event_marks rename to lost')
  await writeEvents(services.databaseUrl, 1)
  const whole = await reader.readAll()
  expect(whole).toMatch(/event: end\ndata: \{"reason":"INTERNAL","message":"internal error","resume_token":"/)
  expect(whole).not.toMatch(/lost|event_marks|relation/)
  const answer = await fetch(`${url}/events?title_id=${EVENTS_TITLE}`)
  expect([answer.status, await answer.json()]).toEqual([500, { error: 'internal error', reason: 'INTERNAL' }])
  await client.end()
  await server.stop()
})

test('while the database is away a browser comes again and again, and then goes on', async () => {
  await using database = await createTestDatabase()
  await using way = await wayTo(database.url)
  await using server = await startServer({ databaseUrl: way.url })
  await using other = await startServer({ databaseUrl: database.url })
  await createWorld(server.address, { plain: undefined })
  using watch = await openWatch(server.url, { query: [['title_id', TITLE_ID]] })
  const unlock = (playerId: string) => record(other.address, [{ playerId, achievementId: 'plain' }])
  await unlock('ann')
  await watch.until(({ told }) => told.length === 1)
  way.cut()
  await unlock('ben')
  // One stream that broke, and some that ended at once.
  await watch.until(({ ends }) => ends.length >= 3)
  for (const { reason } of watch.ends) expect(reason).toBe('DATABASE_UNAVAILABLE')
  way.mend()
  await unlock('cleo')
  await watch.until(({ told }) => told.length === 3)
  expect(watch.told.map(({ data }) => data['player_id'])).toEqual(['ann', 'ben', 'cleo'])
})
