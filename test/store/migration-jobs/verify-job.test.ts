import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyJob } from '../../../src/service/migration-jobs/verify-job.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

const laps = achievementOf({ id: 'laps', requirements: [requirementOf({ target: 100n })] })
const win = achievementOf({ id: 'win' })

test('a verification counts equal, exceeded, uncovered and missing records', async () => {
  await createTitleWith(services, 'verify', [laps, win])
  const key = await createTestJob(services, 'verify', 'job')
  const rows = ['ann', 'bob', 'cy'].map((player) => ({ player, achievement: 'laps', percent: 20 }))
  await feedText(services, key, linesOf(rows))
  const percent = { kind: 'percent', percent: 30 } as const
  const request = { titleId: 'verify', playerId: 'bob', achievementId: 'laps', report: percent }
  await recordProgress(services, { ...request, occurredTime: undefined, requestId: undefined }, callOf())
  const later = [
    ...rows,
    { player: 'cy', achievement: 'win', percent: 20 },
    { player: 'dan', achievement: 'win', percent: 20 },
  ]
  const more = [...later, { player: 'ann', achievement: 'laps', percent: 25 }]
  const content = (async function* () {
    yield Buffer.from(linesOf(more))
  })()
  const parts = await Array.fromAsync(
    verifyJob(services, { ...key, source: 'rows', allDifferences: false }, content, callOf()),
  )
  const last = parts.at(-1)
  expect(last?.counts).toMatchObject({ records: 6, equal: 2, exceeded: 1, behind: 1, missing: 2, refused: 0 })
  expect(last?.differences.map(({ key: { playerId } }) => playerId).sort()).toEqual(['ann', 'cy', 'dan'])
  expect(last?.buckets.reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(6)
})
