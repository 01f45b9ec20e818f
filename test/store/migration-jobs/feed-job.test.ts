import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'
import { createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

test('writes the progress of new players, with totals and unlock counts', async () => {
  await createTitleWith(services, 'new', [
    achievementOf({ id: 'laps', requirements: [requirementOf({ target: 100n })], rewards: gamerscore(5) }),
    achievementOf({ id: 'win', rewards: gamerscore(10) }),
  ])
  const key = await createTestJob(services, 'new', 'job')
  const { job } = await feedText(
    services,
    key,
    linesOf([
      { player: 'ann', achievement: 'laps', percent: 100, time: '2020-01-02T03:04:05.1234567Z' },
      { player: 'ann', achievement: 'win', percent: 40 },
      { player: 'bob', achievement: 'laps', percent: 29 },
      { player: 'bob', achievement: 'nowhere', percent: 29 },
    ]),
  )
  expect(job.counts).toMatchObject({
    records: 4n,
    new: 3n,
    changed: 0n,
    unchanged: 0n,
    refused: 1n,
    parts: 1n,
  })
  const summary = await services.store.read(NEVER_ABORTED, (queries) =>
    queries.playerTitles.findSummary({ playerId: 'ann', titleId: 'new' }),
  )
  expect(summary).toMatchObject({ unlockedCount: 1, score: 5n })
})
