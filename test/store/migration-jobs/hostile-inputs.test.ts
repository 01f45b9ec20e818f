import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatInstant, TICKS_PER_SECOND } from '../../../src/model/instant.ts'
import type { MigrationJobKey } from '../../../src/model/migration-job.ts'
import { dialects } from '../../../src/registry.ts'
import { feedIdentities } from '../../../src/service/migration-jobs/feed-identities.ts'
import { listRefusals } from '../../../src/service/migration-jobs/jobs.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const [DIALECT = ''] = dialects.keys()

/* Inputs that no exporter writes: each record is refused by itself, and nothing is stored that other calls cannot have stored. */

const OWN_NAMES = { player: undefined, achievement: undefined, values: [], unlockTime: undefined } as const
const PROGRESS = {
  state: 'in_progress',
  values: { laps: '3' },
  reportedPercent: 3,
  percent: 3,
  revoked: false,
  writer: 'old',
  extensions: {},
}
const UNLOCK = { state: 'achieved', percent: 100, unlockPrecision: 'unknown' }
const TIMES = { format: 'rfc3339', pattern: '', timeZone: 'UTC', unknownTexts: [] } as const
const TIMED = { ...UNLOCK, unlockPrecision: 'exact', unlockTime: '2020-01-01T00:00:00Z' }

let services: TestServices
let jobs = 0

beforeAll(async () => {
  services = await createTestServices()
  const requirements = [requirementOf({ id: 'laps', target: 100n })]
  await createTitleWith(services, 't', [achievementOf({ id: 'laps', requirements })])
})
afterAll(() => services[Symbol.asyncDispose]())

async function job(mapping: Parameters<typeof createTestJob>[3]): Promise<MigrationJobKey> {
  jobs += 1
  return createTestJob(services, 't', `job-${jobs}`, mapping)
}

async function progressOf(playerId: string) {
  return (await getProgress(services, { titleId: 't', playerId, achievementId: 'laps' }, callOf())).progress
}

async function reasonsOf(key: MigrationJobKey): Promise<readonly string[]> {
  const request = { ...key, pageSize: undefined, pageToken: undefined }
  return (await listRefusals(services, request, callOf())).items.map(({ reason }) => reason)
}

async function reasonsOfProgress(progress: object): Promise<readonly string[]> {
  const key = await job({ ...OWN_NAMES, format: 'laurel' })
  const ids = { titleId: 't', playerId: `player-${jobs}`, achievementId: 'laps' }
  await feedText(
    services,
    key,
    linesOf([{ kind: 'progress', ...ids, progress: { ...PROGRESS, ...progress } }]),
  )
  return reasonsOf(key)
}

test.each<[string, object]>([
  ['in progress', {}],
  ['achieved at a time', TIMED],
  ['achieved at an unknown time, and revoked', { ...UNLOCK, revoked: true }],
])("a line of Laurel's own that is %s is taken", async (_, progress) => {
  expect(await reasonsOfProgress(progress)).toEqual([])
})

test.each<[string, object, string]>([
  [
    'an unlock time before the unlock',
    { ...TIMED, state: 'in_progress', percent: 3 },
    'progress.unlockTime: must be missing',
  ],
  [
    'an unlock without a precision',
    { ...UNLOCK, unlockPrecision: undefined },
    'progress.unlockPrecision: must be unknown',
  ],
  [
    'an exact unlock without a time',
    { ...UNLOCK, unlockPrecision: 'exact' },
    'progress.unlockPrecision: must be unknown',
  ],
  [
    'an unknown unlock with a time',
    { ...TIMED, unlockPrecision: 'unknown' },
    'progress.unlockPrecision: must be unknown',
  ],
  ['an unlock of less than a hundred percent', { ...TIMED, percent: 99 }, 'progress.percent: must be 100'],
  ['a hundred percent without an unlock', { percent: 100 }, 'progress.percent: must be 100'],
  ['a revoked achievement that is not unlocked', { revoked: true }, 'progress.revoked: must be false'],
  ['a long id of a value', { values: { ['x'.repeat(129)]: '1' } }, 'progress.values: must have ids'],
  [
    'many values',
    { values: Object.fromEntries(Array.from({ length: 65 }, (__, id) => [id, '1'])) },
    'progress.values: must have at most 64',
  ],
  ['a long writer', { writer: 'w'.repeat(4_097) }, 'progress.writer: must have at most 4096'],
  [
    'a large extension',
    { extensions: { [DIALECT]: { text: 'x'.repeat(65_536) } } },
    `extensions.${DIALECT}: must be at most 65536 bytes`,
  ],
])("a line of Laurel's own with %s is refused", async (_, progress, reason) => {
  expect(await reasonsOfProgress(progress)).toEqual([expect.stringContaining(reason)])
})

test('a header with the character U+0000 is refused', async () => {
  const key = await job({ format: 'csv', unlockTime: undefined })
  const fed = feedText(services, key, 'player,achievement,percent,\0\nann,laps,3,1\n')
  await expect(fed).rejects.toMatchObject({
    reason: 'DOCUMENT_REFUSED',
    message: expect.stringContaining('the header holds the character U+0000'),
  })
})

test('a row of an identity map with the character U+0000 is refused by itself', async () => {
  const key = await job({ player: { field: 'player', dialect: undefined, usesIdentities: true } })
  const content = (async function* () {
    yield Buffer.from('theirs\0,ann\nother,bob\n')
  })()
  await Array.fromAsync(feedIdentities(services, { ...key, source: 'map' }, content, callOf()))
  expect(await reasonsOf(key)).toEqual([
    'each id must be a text without control characters, U+FFFD or surrounding spaces',
  ])
  await feedText(services, key, linesOf([{ player: 'other', achievement: 'laps', percent: 5 }]))
  expect(await reasonsOf(key)).toHaveLength(1)
})

test('a row of an identity map that names another player than an earlier row is refused by itself', async () => {
  const key = await job({ player: { field: 'player', dialect: undefined, usesIdentities: true } })
  const feed = (text: string) => {
    const content = (async function* () {
      yield Buffer.from(text)
    })()
    return Array.fromAsync(feedIdentities(services, { ...key, source: 'map' }, content, callOf()))
  }
  await feed('theirs,first\nother,x\ntheirs,first\ntheirs,second\n')
  expect(await reasonsOf(key)).toEqual([
    'the id theirs names player first in an earlier row: keep one of the two',
  ])
  await feedText(services, key, linesOf([{ player: 'theirs', achievement: 'laps', percent: 5 }]))
  expect(await progressOf('first')).toMatchObject({ percent: 5 })
  // A corrected map counts.
  await feed('theirs,third\n')
  await feedText(services, key, linesOf([{ player: 'theirs', achievement: 'laps', percent: 6 }]), {
    source: 'more',
  })
  expect(await progressOf('third')).toMatchObject({ percent: 6 })
})

test('an unlock time that is ahead by no more than clocks may differ is taken as now', async () => {
  const time = formatInstant(services.now() + 30n * TICKS_PER_SECOND)
  const timed = await job({ unlockTime: { ...TIMES, field: 'time' } })
  await feedText(services, timed, linesOf([{ player: 'ahead-1', achievement: 'laps', percent: 100, time }]))
  const own = await job({ ...OWN_NAMES, format: 'laurel' })
  const progress = {
    ...PROGRESS,
    ...TIMED,
    values: {},
    unlockTime: time,
    firstReportTime: time,
    lastReportTime: time,
  }
  const line = { kind: 'progress', titleId: 't', playerId: 'ahead-2', achievementId: 'laps', progress }
  await feedText(services, own, linesOf([line]))
  for (const playerId of ['ahead-1', 'ahead-2']) {
    const { state, unlockTime = 0n, lastReportTime = 0n } = await progressOf(playerId)
    expect(state).toBe('achieved')
    expect(unlockTime).toBeLessThanOrEqual(services.now())
    expect(lastReportTime).toBeLessThanOrEqual(services.now())
  }
})
