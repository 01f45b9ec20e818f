import { afterAll, beforeAll, expect, test } from 'vitest'
import { definition } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'

let running: Awaited<ReturnType<typeof startAccelByte>>

beforeAll(async () => {
  running = await startAccelByte({ LAUREL_STRICT_GATEWAYS: 'accelbyte' })
})
afterAll(() => running[Symbol.asyncDispose]())

test('requests that are known to succeed at the service succeed', async () => {
  const body = definition('java-server-sdk-integration-test', { statCode: 'STAT-CODE-GO', goalValue: 1 })
  const made = await running.client.call('AdminCreateNewAchievement', { body })
  expect(made.statCode).toBe('STAT-CODE-GO')
})

test.each<readonly [string, object, RegExp]>([
  ['a code of 33 characters', { achievementCode: 'x'.repeat(33) }, /achievementCode must have at most 32/],
  ['an underscore in a stat code', { statCode: 'STAT_CODE' }, /statCode must consist of letters/],
  ['a stat code of 33 characters', { statCode: 'x'.repeat(33) }, /statCode must have at most 32/],
  ['an incremental one without a stat', { incremental: true, goalValue: 3 }, /statCode must be set/],
])('%s is refused', async (_, parts, message) => {
  const refused = await running.client.fail('AdminCreateNewAchievement', { body: definition('a', parts) })
  expect([refused.status, refused.errorMessage]).toEqual([400, expect.stringMatching(message)])
})

test('an update is held to the same', async () => {
  await running.client.call('AdminCreateNewAchievement', { body: definition('b') })
  const asked = { code: 'b', body: { statCode: 'a_b' } }
  expect((await running.client.fail('AdminUpdateAchievement', asked)).status).toBe(400)
})
