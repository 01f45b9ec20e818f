import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatInstant, parseInstant, TICKS_PER_SECOND } from '../../../src/model/instant.ts'
import type { MigrationMapping } from '../../../src/model/migration-mapping.ts'
import { getJob, listConflicts, listRefusals } from '../../../src/service/migration-jobs/jobs.ts'
import { planJob } from '../../../src/service/migration-jobs/plan-job.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { ACCOUNTED, codeOf, dialectIdOf, entryOf } from '../../support/documents.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const OWN_NAMES = { player: undefined, achievement: undefined, values: [], unlockTime: undefined } as const
const DIALECT = { ...OWN_NAMES, dialect: ACCOUNTED } as const

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
  const ids = { [ACCOUNTED]: dialectIdOf(ACCOUNTED, 1) }
  await createTitleWith(services, 't', [achievementOf({ id: codeOf(ACCOUNTED, 1), ids })])
})
afterAll(() => services[Symbol.asyncDispose]())

const paged = { pageSize: undefined, pageToken: undefined }
const achievementId = codeOf(ACCOUNTED, 1)
const row = (time: string) => ({ player: 'ann', achievement: achievementId, percent: 100, time })
const entry = (time: string, number: number) =>
  entryOf(ACCOUNTED, {
    progress: {
      percent: 100,
      unlockTime: parseInstant(time) as bigint,
      account: fixturesOf(ACCOUNTED).account(number),
    },
  })
const listed = { unlocked: undefined, values: [] } as const

/** Of each format: the mapping, and an unlock at a time. */
const FORMATS: Readonly<Record<string, readonly [Partial<MigrationMapping>, (time: string) => string]>> = {
  'JSON lines': [{}, (time) => linesOf([row(time)])],
  'JSON lines whose unlocks have a time alone': [
    listed,
    (time) => linesOf([{ player: 'ann', achievement: achievementId, time }]),
  ],
  CSV: [{ format: 'csv' }, (time) => `player,achievement,percent,time\nann,${achievementId},100,${time}\n`],
  TSV: [
    { format: 'tsv' },
    (time) => `player\tachievement\tpercent\ttime\nann\t${achievementId}\t100\t${time}\n`,
  ],
  "players' documents": [
    {
      format: 'player_documents',
      records: 'done',
      player: { field: '$file', dialect: undefined, usesIdentities: false },
    },
    (time) => linesOf([{ file: 'ann.json', document: { done: [row(time)] } }]),
  ],
  'a document of a dialect': [
    { ...DIALECT, format: 'dialect_document' },
    (time) => JSON.stringify([entry(time, 1)]),
  ],
  'lines of a dialect': [
    { ...DIALECT, format: 'dialect_lines' },
    (time) => linesOf([{ account: fixturesOf(ACCOUNTED).account(2), entry: entry(time, 2) }]),
  ],
  "Laurel's own lines": [
    { ...OWN_NAMES, format: 'laurel' },
    (unlockTime) =>
      linesOf([
        {
          kind: 'progress',
          titleId: 't',
          playerId: 'ann',
          achievementId,
          progress: {
            state: 'achieved',
            percent: 100,
            unlockPrecision: 'exact',
            unlockTime,
            values: {},
            reportedPercent: 0,
            revoked: false,
            writer: 'old',
            extensions: {},
          },
        },
      ]),
  ],
}

let jobs = 0
async function feed(format: string, time: string) {
  const [parts, textOf] = FORMATS[format] ?? []
  jobs += 1
  const key = await createTestJob(services, 't', `job-${jobs}`, parts)
  // The job's own players: those of the job before have their unlocks already.
  const text = textOf?.(time).replaceAll(/\bann\b/g, `ann-${jobs}`) ?? ''
  await feedText(services, key, text)
  const { mapping, counts } = (await getJob(services, key, callOf())).job
  const bytes = Buffer.from(text)
  const plan = await planJob(
    services,
    { titleId: 't', source: 'rows', content: bytes, totalBytes: bytes.length, mapping },
    callOf(),
  )
  return { key, counts, plan }
}

test.each(Object.keys(FORMATS))(
  '%s with an unlock in the future has an unlock at an unknown time',
  async (format) => {
    const { key, counts, plan } = await feed(format, '2099-01-01T00:00:00Z')
    expect((await listRefusals(services, { ...key, ...paged }, callOf())).items).toEqual([])
    const { items } = await listConflicts(services, { ...key, ...paged }, callOf())
    expect(items).toMatchObject([{ achievementId, kind: 'future_time', ours: 'unknown' }])
    expect(items[0]?.theirs).toContain('2099-01-01T00:00:00')
    expect(counts.conflicts).toBe(1n)
    const { playerId = '' } = items[0] ?? {}
    const { progress } = await getProgress(services, { titleId: 't', playerId, achievementId }, callOf())
    expect(progress).toMatchObject({ state: 'achieved', unlockTime: undefined, unlockPrecision: 'unknown' })
    expect(plan.reasons).toEqual([expect.stringMatching(/in the future, such as 2099-01-01T.* in 1 records/)])
  },
)

test('a time that is ahead by no more than clocks may differ is no conflict', async () => {
  const time = formatInstant(services.now() + 30n * TICKS_PER_SECOND)
  const { counts, plan } = await feed('JSON lines', time)
  expect(counts).toMatchObject({ conflicts: 0n, refused: 0n, new: 1n })
  expect(plan.reasons).toEqual([])
})
