import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import { backup } from '../../src/store/backup/backup.ts'
import { restore } from '../../src/store/backup/restore.ts'
import { bridgeOn } from '../support/bridge.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { onDatabase } from '../support/deliveries.ts'
import { errorInfoOf } from '../support/error-info.ts'
import { always, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { HOOK, HOOK_SECRET, PATIENT, until } from '../support/relay.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { startWatch, Watch } from '../support/watch.ts'

const OPTIONS = { laurelVersion: '0.1.0', signal: NEVER_ABORTED, onBytes: () => {} }
const ENV = { LAUREL_CREDENTIAL_HOOK: HOOK_SECRET }

interface Unlocked {
  readonly newlyUnlocked?: boolean
  readonly reason?: string
}

let folder: string
let source: TestDatabase
let target: TestDatabase
let platform: FakePlatform
/** On the restored database. */
let server: RunningServer
/** Tokens from before and after the backup. */
const tokens = { before: '', after: '' }
/** Ids of events, and etags of the title, from after the backup. */
let lostIds: readonly string[]
let lostEtag: string
/** The keys of deliveries until the backup was made, and until the source ended. */
const sent = { before: [] as readonly string[], after: [] as readonly string[] }

async function call<Response>({ url }: RunningServer, method: string, request: object): Promise<Response> {
  const response = await fetch(`${url}/laurel.v1.${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  return (await response.json()) as Response
}

function unlock(on: RunningServer, playerId: string, requestId = `${playerId}-1`): Promise<Unlocked> {
  const request = { titleId: TITLE_ID, playerId, achievementId: 'plain', requestId }
  return call(on, 'ProgressService/UnlockAchievement', request)
}

const keysSent = () => platform.received.map(({ key }) => key ?? '')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-restore-'))
  source = await createTestDatabase()
  target = await createTestDatabase()
  platform = await startFakePlatform({ behave: always(respond(503)) })
  const file = join(folder, 'backup')
  await using first = await startServer({ databaseUrl: source.url, env: ENV })
  await createFixture(first.address, { plain: undefined })
  using bridge = bridgeOn(first.address)
  const limits = { requestsPerSecond: 1000, timeout: PATIENT }
  await bridge.create({ destinationId: 'hook', url: `${platform.url}/hook`, limits, ...HOOK })
  await using watch = await startWatch(first.address, { titleId: TITLE_ID })
  for (const playerId of ['ann', 'deleted-before', 'deleted-after']) await unlock(first, playerId)
  await call(first, 'PlayerService/DeletePlayer', { playerId: 'deleted-before', requestId: 'delete-1' })
  await watch.until(({ events }) => events.length === 4)
  tokens.before = watch.resumeToken
  await until(() => platform.received.length > 0)
  sent.before = keysSent()

  await backup(source.url, file, OPTIONS)

  platform.behave = always(respond(204))
  await call(first, 'PlayerService/DeletePlayer', { playerId: 'deleted-after', requestId: 'delete-2' })
  for (const playerId of ['bob', 'cleo']) await unlock(first, playerId)
  const title = { titleId: TITLE_ID, displayName: 'Renamed' }
  const update = { title, updateMask: 'displayName' }
  const updated = await call<{ title: { etag: string } }>(first, 'TitleService/UpdateTitle', update)
  lostEtag = updated.title.etag
  await watch.until(({ events }) => events.length >= 7)
  tokens.after = watch.resumeToken
  lostIds = watch.ids.slice(4)
  await bridge.resume('hook')
  await until(() => ['ann', 'bob'].every((id) => platform.received.some(({ body }) => body.includes(id))))
  sent.after = keysSent()
  await first[Symbol.asyncDispose]()
  await restore(target.url, file, OPTIONS)
  server = await startServer({ databaseUrl: target.url, env: ENV })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await platform.close()
  for (const database of [source, target]) await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('a watch from before the backup goes on, and events after the restore repeat no id', async () => {
  await using watch = await startWatch(server.address, { titleId: TITLE_ID, resumeToken: tokens.before })
  await unlock(server, 'dora')
  await watch.until(({ events }) => events.some(({ playerId }) => playerId === 'dora'))
  expect(watch.events.filter(({ eventId }) => lostIds.includes(eventId))).toEqual([])
  const highest = Math.max(...lostIds.map(Number))
  for (const id of watch.ids) expect(Number(id)).toBeGreaterThan(highest)
})

test('a watch of lost events is refused, and gets a token from which it misses nothing', async () => {
  const watch = new Watch(server.address, { titleId: TITLE_ID, resumeToken: tokens.after })
  const error = await watch.ended()
  expect(error.code).toBe(status.OUT_OF_RANGE)
  expect(error.message).toContain('restored from a backup, and the events after')
  const { reason, metadata } = errorInfoOf(error)
  expect(reason).toBe('RESUME_TOKEN_EXPIRED')
  const resumeToken = metadata.get('oldest_resume_token') ?? ''
  await using resumed = await startWatch(server.address, { titleId: TITLE_ID, resumeToken })
  await unlock(server, 'emil')
  await resumed.until(({ events }) => events.some(({ playerId }) => playerId === 'emil'))
  expect(resumed.events.map(({ playerId }) => playerId)).not.toContain('ann')
})

test('a request from before the backup returns its first response, and a later one is applied', async () => {
  expect(await unlock(server, 'ann')).toMatchObject({ newlyUnlocked: true })
  const rows = await onDatabase(
    target.url,
    `select 1 from events where player_id = 'ann' and kind = 'unlocked'`,
  )
  expect(rows.length).toBe(1)
  expect(await unlock(server, 'bob')).toMatchObject({ newlyUnlocked: true })
  expect(await unlock(server, 'bob')).toMatchObject({ newlyUnlocked: true })
})

test('a delivery that was made after the backup is repeated with its key, and new ones have other keys', async () => {
  using bridge = bridgeOn(server.address)
  await bridge.resume('hook')
  const [pending = ''] = sent.before
  const times = (key: string) => keysSent().filter((other) => other === key).length
  const timesBefore = sent.after.filter((key) => key === pending).length
  await until(() => times(pending) > timesBefore)
  await unlock(server, 'fay')
  const ofFay = () => platform.received.find(({ body }) => body.includes('fay'))
  await until(() => ofFay() !== undefined)
  expect(sent.after).not.toContain(ofFay()?.key)
})

test('a player who was deleted before the backup stays so, and one after it is back until deleted again', async () => {
  expect(await unlock(server, 'deleted-before', 'other-1')).toMatchObject(refused('PLAYER_DELETED'))
  const playerId = 'deleted-after'
  const progress = { titleId: TITLE_ID, playerId }
  const list = () => call<{ items?: object[] }>(server, 'ProgressService/ListProgress', progress)
  expect(JSON.stringify(await list())).toContain('ACHIEVED')
  await call(server, 'PlayerService/DeletePlayer', { playerId, requestId: 'delete-2' })
  expect(await unlock(server, playerId, 'other-2')).toMatchObject(refused('PLAYER_DELETED'))
})

test('an etag from after the backup fits no later state', async () => {
  const title = { titleId: TITLE_ID, displayName: 'Other' }
  await call(server, 'TitleService/UpdateTitle', { title, updateMask: 'displayName' })
  const update = { title: { ...title, displayName: 'Third', etag: lostEtag }, updateMask: 'displayName' }
  expect(await call(server, 'TitleService/UpdateTitle', update)).toMatchObject({ code: 'aborted' })
})

/** The members of an error in Connect's JSON. */
function refused(reason: string): object {
  return {
    details: expect.arrayContaining([
      expect.objectContaining({ debug: expect.objectContaining({ reason }) }),
    ]),
  }
}
