import { rmSync } from 'node:fs'
import { credentials, Metadata, makeClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { RPC_REQUESTS, RPCS, type Rpc } from '../support/rpc-requests.ts'
import { type RunningServer, startServer } from '../support/server.ts'

/* The hidden parts of an achievement are in no response, error, watch or event that a player gets. */

const TITLE = 'space-race'
const SECRET = 'SECRET'
const LOCKED = 'Find it out'

let database: TestDatabase
let server: RunningServer
let auth: Awaited<ReturnType<typeof createAuth>>
let player: string

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth([TITLE])
  server = await startServer({ databaseUrl: database.url, env: auth.env })
  player = await auth.player('ann')
  const as = { token: auth.operator }
  await ask('createTitle', { title: { titleId: TITLE, displayName: TITLE, defaultLocale: 'en' } }, as)
  await ask('createStat', { stat: { titleId: TITLE, statCode: 'kills', setBy: 1 } }, as)
  const text = { locale: 'en', text: SECRET }
  const integer = (value: number) => ({ value: { $case: 'integer', value: BigInt(value) } })
  const achievement = {
    titleId: TITLE,
    name: text,
    description: text,
    hidden: true,
    tags: [SECRET],
    productId: SECRET,
    lockedDescription: { locale: 'en', text: LOCKED },
    requirements: [
      { requirementId: `${SECRET}-free`, target: integer(5) },
      { requirementId: `${SECRET}-stat`, statCode: 'kills', target: integer(1_000_000) },
    ],
    rewards: [{ kind: 2, value: SECRET, name: SECRET }],
    media: [{ role: 1, name: SECRET, url: `https://cdn.test/${SECRET}` }],
  }
  for (const achievementId of ['a', 'gone']) {
    const { error } = await ask('createAchievement', { achievement: { ...achievement, achievementId } }, as)
    expect(error).toBe(false)
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

/** Calls an RPC, and returns all bytes of its response and its status. A stream ends after its first response. */
function ask(
  name: string,
  request: object,
  { token }: { readonly token: string },
): Promise<{ readonly bytes: string; readonly error: boolean }> {
  const { definition, complete } = RPCS.get(name.split(',')[0] as string) as Rpc
  const { requestStream, responseStream } = definition
  const raw = { ...definition, responseDeserialize: (bytes: Buffer) => bytes }
  const client = new (makeClientConstructor({ call: raw }, 'test'))(
    server.address,
    credentials.createInsecure(),
  )
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  const message = complete(request)
  const parts: string[] = []
  const addError = (error: ServiceError | null) => {
    if (error === null) return
    parts.push(error.message, error.details)
    for (const bytes of error.metadata.get('grpc-status-details-bin')) parts.push(bytes.toString())
  }
  return new Promise<{ readonly bytes: string; readonly error: boolean }>((resolve) => {
    const end = (error: boolean) => resolve({ bytes: parts.join(' '), error })
    const method = (client['call'] as (...parts: unknown[]) => ReturnType<typeof Object>).bind(client)
    if (!responseStream) {
      method(message, metadata, (error: ServiceError | null, response?: Buffer) => {
        addError(error)
        parts.push(String(response ?? ''))
        end(error !== null)
      })
      return
    }
    const stream = requestStream ? method(metadata) : method(message, metadata)
    stream.on('data', (response: Buffer) => {
      parts.push(String(response))
      end(false)
      stream.cancel()
    })
    stream.on('error', (error: ServiceError) => {
      addError(error)
      end(true)
    })
    stream.on('end', () => end(false))
    if (requestStream) stream.end(message)
  }).finally(() => client.close())
}

const key = { titleId: TITLE, playerId: 'ann', achievementId: 'a' }
const quantity = { value: { $case: 'integer', value: 3n } }
const REPORTS: Readonly<Record<string, object>> = {
  'of one of several requirements': { reach: { requirementId: '', quantity } },
  'of no requirement': { reach: { requirementId: 'none', quantity } },
  'of the stat': { reach: { requirementId: `${SECRET}-stat`, quantity } },
  'that counts': { reach: { requirementId: `${SECRET}-free`, quantity } },
  'that adds': { add: { requirementId: `${SECRET}-free`, quantity } },
  'of a percent': { percent: 40 },
  'of everything': { percent: 100 },
  'of an unlock': { unlock: true },
}

test.each(Object.entries(REPORTS))('a report %s does not name the requirements', async (title, report) => {
  const [$case, value] = Object.entries(report)[0] as [string, unknown]
  const item = { ...key, report: { $case, value } }
  if ($case !== 'unlock')
    expect((await ask('recordProgress', item, { token: player })).bytes).not.toContain(SECRET)
  for (const name of ['batchRecordProgress', 'streamProgress']) {
    const { bytes } = await ask(name, { items: [item] }, { token: player })
    expect(bytes).toContain('a')
    expect(bytes).not.toContain(SECRET)
  }
  // The check can fail: a service sees the requirement.
  const { bytes } = await ask('batchRecordProgress', { items: [item] }, { token: auth.service })
  if (title === 'that counts') expect(bytes).toContain(SECRET)
})

test.each(Object.keys(RPC_REQUESTS))('%s shows a player none of it', async (name) => {
  const request = (RPC_REQUESTS[name] as (target: object) => object)({ title: TITLE, player: 'ann' })
  const { bytes } = await ask(name, request, { token: player })
  expect(bytes).not.toContain(SECRET)
})

test('a list shows the locked description', async () => {
  const request = { titleId: TITLE, playerId: 'ann', view: 2 }
  const { bytes } = await ask('listProgress', request, { token: player })
  expect(bytes).toContain(LOCKED)
  expect(bytes).not.toContain(SECRET)
})

test('an event stream shows none of it', async () => {
  const { token } = { token: player }
  const query = new URLSearchParams({
    title_id: TITLE,
    player_id: 'ann',
    view: 'player',
    from_oldest: 'true',
  })
  const response = await fetch(`${server.url}/events?${query}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  let text = ''
  while (!text.includes('"achievement_id"')) text += new TextDecoder().decode((await reader?.read())?.value)
  await reader?.cancel()
  expect(text).not.toContain(SECRET)
})
