import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const BUF = join(import.meta.dirname, '../../node_modules/.bin/buf')

let database: TestDatabase
let server: RunningServer
beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  await createFixture(server.address, {})
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** Calls a method with the schema that the server's reflection gives, and no other. */
async function call(method: string, request: object): Promise<unknown> {
  const options = ['--protocol', 'grpc', '--http2-prior-knowledge', '--data', JSON.stringify(request)]
  const url = `http://${server.address}/${method}`
  const { stdout } = await promisify(execFile)(BUF, ['curl', ...options, url])
  return JSON.parse(stdout)
}

test('maps, timestamps, optional fields and oneofs pass through a client that knows only reflection', async () => {
  const achievement = {
    titleId: TITLE_ID,
    achievementId: 'summer-cup',
    name: { locale: 'en', text: 'Summer Cup', translations: { de: 'Sommerpokal' } },
    description: { locale: 'en', text: 'Ten laps in summer' },
    kind: 'ACHIEVEMENT_KIND_CHALLENGE',
    window: { startTime: '2020-06-01T00:00:00Z', endTime: '2999-08-31T23:59:59.500Z' },
    requirements: [{ requirementId: 'laps', target: { integer: '10' } }],
    productId: '',
    estimatedTime: '90s',
    ids: { toy: '7' },
  }
  const created = await call('laurel.v1.AchievementService/CreateAchievement', { achievement })
  expect(created).toMatchObject({ achievement })
  expect(created).not.toHaveProperty('achievement.deepLink')

  const report = { reach: { requirementId: 'laps', quantity: { integer: '4' } } }
  const key = { titleId: TITLE_ID, playerId: 'p-1029', achievementId: 'summer-cup' }
  expect(await call('laurel.v1.ProgressService/RecordProgress', { ...key, ...report })).toMatchObject({
    progress: { ...key, percent: 40, requirements: [{ current: { integer: '4' } }] },
  })
})

test('the health service is callable by reflection alone', async () => {
  expect(await call('grpc.health.v1.Health/Check', {})).toEqual({ status: 'SERVING' })
})
