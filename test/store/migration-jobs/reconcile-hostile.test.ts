import { afterAll, beforeAll, expect, test } from 'vitest'
import { reconcilePlatform } from '../../../src/service/migration-jobs/reconcile-platform.ts'
import type { Verified } from '../../../src/service/migration-jobs/verify-job.ts'
import { openOperations } from '../../../src/service/operations.ts'
import { fixturesOf, type ListFixtures } from '../../support/dialect-fixtures.ts'
import { adapterOf } from '../../support/documents.ts'
import { createTestJob, createTitleWith, linesOf } from '../../support/migration-job.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

/* Lists of a platform that are wrong change no count of the accounts beside them. */

const titleId = 'harbor'
const { id: dialect } = adapterOf(({ id }) => fixturesOf(id).lists !== undefined)
const { unlocked } = fixturesOf(dialect).lists as ListFixtures

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
  await createTitleWith(services, titleId, [achievementOf({ id: 'win' }), achievementOf({ id: 'laps' })])
  await createTestJob(services, titleId, 'job', {
    format: 'dialect_lines',
    dialect,
    player: undefined,
    values: [],
    unlockTime: undefined,
    achievement: { field: '', dialect: undefined, ids: { a: 'win', b: 'laps' } },
  })
  const operations = openOperations(services)
  for (const account of ['ada', 'bob']) {
    const accounts = [{ dialect, id: account }]
    await operations.createPlayer(
      { player: { id: account, displayName: '', accounts }, requestId: undefined },
      callOf(),
    )
    await operations.grantAchievement(
      { titleId, playerId: account, achievementId: 'laps', reason: 'x', requestId: undefined },
      callOf(),
    )
  }
})
afterAll(() => services[Symbol.asyncDispose]())

async function reconcile(text: string): Promise<readonly Verified[]> {
  const content = (async function* () {
    for (let start = 0; start < text.length; start += 65_536)
      yield Buffer.from(text.slice(start, start + 65_536))
  })()
  const request = { titleId, jobId: 'job', dialect, hasCompleteLists: true }
  return Array.fromAsync(reconcilePlatform(services, request, content, callOf()))
}

const entries = (account: string, codes: readonly string[]) =>
  linesOf([{ account }, ...codes.map((code) => ({ account, entry: unlocked(code) }))])

const BOB = entries('bob', ['a'])
/** Bob has `win` on the platform alone, and `laps` here alone. */
const OF_BOB = { records: 1, missing: 1, absent: 1 }

test.each<[string, string, object]>([
  ['nothing', '', { ...OF_BOB, refused: 0 }],
  [
    'the same entry again and again',
    entries('ada', Array(50).fill('a')),
    { records: 2, missing: 2, absent: 2, refused: 0 },
  ],
  ['unknown achievements', entries('ada', ['x', 'y']), { ...OF_BOB, absent: 2, refused: 2 }],
  [
    'entries that are none',
    linesOf([
      { account: 'ada', entry: [] },
      { account: 'ada', entry: 7 },
    ]),
    { ...OF_BOB, refused: 2 },
  ],
  [
    'accounts that are none',
    linesOf([{ account: {}, entry: unlocked('a') }, { entry: unlocked('a') }]),
    { ...OF_BOB, refused: 2 },
  ],
  ['an account of no player', entries('stranger', ['b']), { records: 2, missing: 2, absent: 1, refused: 0 }],
  [
    'an error in the middle',
    `${entries('ada', ['a'])}${linesOf([{ account: 'ada', error: 'HTTP 500' }])}`,
    { records: 2, missing: 2, absent: 1, refused: 1 },
  ],
  ['lines that are no JSON', '{{{\n\0\n"x"\n', { ...OF_BOB, refused: 3 }],
  [
    'a line of 5 MiB',
    `{"account":"ada","entry":{"x":"${'x'.repeat(5 * 2 ** 20)}"}}\n`,
    { ...OF_BOB, refused: 1 },
  ],
])('beside %s', async (_, hostile, counts) => {
  const parts = await reconcile(hostile + BOB)
  expect(parts.at(-1)?.counts).toMatchObject(counts)
})

test('an endless list is compared in parts, and reports no absent entries', async () => {
  const parts = await reconcile(entries('ada', Array(25_000).fill('a')) + BOB)
  const differences = parts.flatMap((part) => part.differences)
  expect(differences.length).toBeLessThan(10)
  expect(parts.at(-1)?.counts).toMatchObject({ absent: 1, refused: 0 })
})
