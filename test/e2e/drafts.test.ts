import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Lifecycle, Participation } from '../../src/gen/laurel/v1/achievement.ts'
import { StatWriter } from '../../src/gen/laurel/v1/stat.ts'
import { createAuth } from '../support/auth.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { RPC_ACCESS } from '../support/rpc-access.ts'
import { callRpc } from '../support/rpc-call.ts'
import { RPC_REQUESTS, RPCS } from '../support/rpc-requests.ts'
import { responseOf } from '../support/rpc-response.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const TITLE = 'space-race'
const DRAFTS = ['draft-alone', 'draft-shared']
const ABSENT = 'never-there'
const target = { title: TITLE, player: 'ann' }

let database: TestDatabase
let server: RunningServer
let auth: Awaited<ReturnType<typeof createAuth>>
let ann: string

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth([TITLE])
  ann = await auth.player('ann')
  server = await startServer({ databaseUrl: database.url, env: auth.env })
  const ask = (name: string, request: object) =>
    responseOf(server.address, { name, request }, auth.operator, '', {})
  await ask('createTitle', { title: { titleId: TITLE, displayName: 'x', defaultLocale: 'en' } })
  await ask('createStat', { stat: { titleId: TITLE, statCode: 'kills', setBy: StatWriter.CLIENT } })
  const text = { locale: 'en', text: 'x' }
  const requirements = [
    { requirementId: 'r', statCode: 'kills', target: { value: { $case: 'integer', value: 9n } } },
  ]
  const plain = { titleId: TITLE, name: text, description: text, requirements }
  await ask('createAchievement', { achievement: { ...plain, achievementId: 'a' } })
  for (const achievementId of DRAFTS) {
    const participation =
      achievementId === 'draft-shared' ? Participation.COMMUNITY : Participation.INDIVIDUAL
    const draft = { ...plain, achievementId, participation, lifecycle: Lifecycle.DRAFT }
    await ask('createAchievement', { achievement: draft })
  }
  const updates = [{ statCode: 'kills', operation: 1, value: 20 }]
  await ask('recordStats', { titleId: TITLE, playerId: 'ann', updates })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

const OF_PLAYERS = Object.keys(RPC_ACCESS).filter((name) =>
  ['authenticated', 'title', 'player', 'operatorOrSelf'].includes(RPC_ACCESS[name] ?? ''),
)
const requestOf = (name: string) => RPC_REQUESTS[name]?.(target) as object

/** Returns the value with each achievement `a` in it replaced. */
function withAchievement<Value>(value: Value, achievementId: string): Value {
  if (Array.isArray(value)) return value.map((item) => withAchievement(item, achievementId)) as Value
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const members = Object.entries(value).map(([name, member]) => [
    name,
    name === 'achievementId' && member === 'a' ? achievementId : withAchievement(member, achievementId),
  ])
  return Object.fromEntries(members)
}

const bigintsAsText = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)
const namesAchievement = (name: string) => JSON.stringify(requestOf(name), bigintsAsText).includes('"a"')

test.each(OF_PLAYERS.filter(namesAchievement))('%s tells a player nothing of a draft', async (name) => {
  const outcomeOf = async (achievementId: string) => {
    const request = withAchievement(requestOf(name), achievementId)
    const { code, message } = await callRpc(server.address, name, request, ann)
    return { code, message: message.replaceAll(achievementId, 'ID') }
  }
  const absent = await outcomeOf(ABSENT)
  for (const draft of DRAFTS) expect(await outcomeOf(draft)).toEqual(absent)
})

test.each(
  OF_PLAYERS.filter(
    (name) =>
      !namesAchievement(name) && RPCS.get(name.split(',')[0] ?? '')?.definition.responseStream === false,
  ),
)('%s returns no draft to a player', async (name) => {
  const ask = { name: name.split(',')[0] ?? '', request: requestOf(name) }
  const response = await responseOf(server.address, ask, ann, '', {})
  expect(JSON.stringify(response, bigintsAsText)).not.toContain('draft')
})
