import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { EVENTS_TITLE, LazyReader, startEventHost, writeEvents } from '../support/event-host.ts'
import { BrowserWatch, openWatch } from '../support/event-source.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { record } from '../support/relay.ts'
import { startServer } from '../support/server.ts'
import { createTestServices } from '../support/services.ts'
import { startProxy } from '../support/severed.ts'

const WATCHING = { query: [['title_id', EVENTS_TITLE] as const] }

test('a quiet stream is not ended by the timeout of slow requests', async () => {
  await using services = await createTestServices()
  const { server, address, url } = await startEventHost(services, { requestTimeout: 100 })
  using watch = await openAmong408s(url)
  // Idle connections opened after the stream get 408: so the server has checked all connections, the stream too.
  for (let look = 0; look < 5; look += 1) expect(await responseToSilence(address)).toMatch(/^HTTP\/1\.1 408 /)
  await writeEvents(services.databaseUrl, 1)
  await watch.until(({ events }) => events.length === 1)
  expect([watch.opened, watch.ends]).toEqual([1, []])
  await services.safePosition.close()
  await server.stop()
})

/** Opens a watch; if the machine stalls, the request itself gets 408 and is repeated. */
async function openAmong408s(url: string): Promise<BrowserWatch> {
  for (;;) {
    const watch = new BrowserWatch(url, WATCHING)
    const open = await watch.until(({ opened }) => opened > 0).catch((error: Error) => error)
    if (!(open instanceof Error)) return open
    expect(open.message).toContain('408')
  }
}

/** Returns the response to a connection that sends no request. */
function responseToSilence(address: string): Promise<string> {
  const [host, port] = address.split(':')
  return text(connect(Number(port), host))
}

test('a quiet stream sends heartbeats, with a token up to which all events were read', async () => {
  await using services = await createTestServices()
  const { server, address, watches } = await startEventHost(services, { heartbeat: 20 })
  const reader = new LazyReader(address, 'kind=unlocked')
  while ((watches[0]?.pages ?? 0) < 5) await sleep(20)
  // Events of another kind are not sent, but the token moves past them.
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

test('a watch that starts while the server stops ends with SERVER_STOPPING, and the browser reconnects', async () => {
  await using services = await createTestServices()
  const { server, url } = await startEventHost(services)
  await services.safePosition.close()
  using watch = new BrowserWatch(url, WATCHING)
  await watch.until(({ ends }) => ends.length === 2)
  expect(watch.ends).toMatchObject([{ reason: 'SERVER_STOPPING' }, { reason: 'SERVER_STOPPING' }])
  await server.stop()
})

test('an internal error ends a stream without details of the error', async () => {
  await using services = await createTestServices()
  const { server, address, url, watches } = await startEventHost(services, { heartbeat: 20 })
  const reader = new LazyReader(address, 'from_oldest=true')
  while ((watches[0]?.pages ?? 0) < 2) await sleep(20)
  const client = new pg.Client({ connectionString: services.databaseUrl })
  await client.connect()
  await client.query(`
    create function lost() returns bigint language plpgsql as $$ begin raise exception 'event_marks is lost'; end $$;
    alter table event_marks rename to marks;
    create view event_marks as select lost() as position, 0::bigint as time`)
  await writeEvents(services.databaseUrl, 1)
  const whole = await reader.readAll()
  expect(whole).toMatch(/event: end\ndata: \{"reason":"INTERNAL","message":"internal error","resume_token":"/)
  expect(whole).not.toMatch(/lost|event_marks|relation/)
  const response = await fetch(`${url}/events?title_id=${EVENTS_TITLE}`)
  expect([response.status, await response.json()]).toEqual([
    500,
    { error: 'internal error', reason: 'INTERNAL' },
  ])
  await client.end()
  await server.stop()
})

test('a browser reconnects while the database is unreachable, and then resumes without a gap', async () => {
  await using database = await createTestDatabase()
  await using proxy = await startProxy(database.url)
  await using server = await startServer({ databaseUrl: proxy.url })
  await using other = await startServer({ databaseUrl: database.url })
  await createFixture(server.address, { plain: undefined })
  using watch = await openWatch(server.url, { query: [['title_id', TITLE_ID]] })
  const unlock = (playerId: string) => record(other.address, [{ playerId, achievementId: 'plain' }])
  await unlock('ann')
  await watch.until(({ events }) => events.length === 1)
  proxy.cut()
  await unlock('ben')
  // The first stream broke; the later ones ended at once.
  await watch.until(({ ends }) => ends.length >= 3)
  for (const { reason } of watch.ends) expect(reason).toBe('DATABASE_UNAVAILABLE')
  proxy.mend()
  await unlock('cleo')
  await watch.until(({ events }) => events.length === 3)
  expect(watch.events.map(({ data }) => data['player_id'])).toEqual(['ann', 'ben', 'cleo'])
})
