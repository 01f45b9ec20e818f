import type { Achievement } from '../../src/model/achievement.ts'
import type { MigrationJobKey } from '../../src/model/migration-job.ts'
import type { MigrationMapping } from '../../src/model/migration-mapping.ts'
import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import { writeDefinitions } from '../../src/service/achievements/write-definitions.ts'
import { type FedPart, feedJob } from '../../src/service/migration-jobs/feed-job.ts'
import { createJob } from '../../src/service/migration-jobs/jobs.ts'
import type { Services } from '../../src/service/services.ts'
import { createStat } from '../../src/service/stats/stats.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { callOf } from './services.ts'

/** A mapping of JSON lines `{"player", "achievement", "percent", "time"}`. */
const LINES: MigrationMapping = {
  format: 'json_lines',
  dialect: undefined,
  records: '',
  title: undefined,
  player: { field: 'player', dialect: undefined, usesIdentities: false },
  achievement: { field: 'achievement', dialect: undefined, ids: {} },
  values: [{ field: 'percent', unit: 'percent', requirementId: '', scale: 1 }],
  unlocked: undefined,
  revoked: undefined,
  unlockTime: { field: 'time', format: 'rfc3339', pattern: '', timeZone: 'UTC', unknownTexts: [] },
  updateTime: undefined,
}

/** Creates a title with achievements, and with the stats that their requirements follow. */
export async function createTitleWith(
  services: Services,
  id: string,
  achievements: readonly Achievement[],
): Promise<void> {
  const title = { id, displayName: id, defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
  const codes = achievements.flatMap(({ requirements }) => requirements.map(({ statCode }) => statCode))
  for (const code of new Set(codes)) {
    if (code === undefined) continue
    const stat = {
      titleId: id,
      code,
      displayName: '',
      defaultValue: 0,
      minimum: undefined,
      maximum: undefined,
      incrementOnly: false,
      setBy: 'server' as const,
      extensions: {},
    }
    await createStat(services, { stat, requestId: undefined }, callOf())
  }
  const time = services.now()
  const writes = achievements.map((achievement, index) => ({
    before: undefined,
    after: { ...achievement, listOrder: index + 1, createTime: time, updateTime: time },
  }))
  const change = { time, actor: 'tester', requestId: undefined }
  await services.store.write(NEVER_ABORTED, (queries) => writeDefinitions(queries, id, writes, change))
}

export async function createTestJob(
  services: Services,
  titleId: string,
  jobId: string,
  mapping: Partial<MigrationMapping> = {},
  maxRefusals = 1_000n,
  deliveriesPerSecond = 0,
  overlap: bigint | undefined = undefined,
): Promise<MigrationJobKey> {
  const job = {
    titleId,
    jobId,
    mapping: { ...LINES, ...mapping },
    deliveriesPerSecond,
    maxRefusals,
    overlap,
    lazySource: undefined,
  }
  await createJob(services, job, callOf())
  return { titleId, jobId }
}

/** Feeds a text as one source, and returns the state after the last part. */
export async function feedText(
  services: Services,
  key: MigrationJobKey,
  text: string,
  { source = 'rows', position = 0, partRows = 20_000 } = {},
): Promise<FedPart> {
  const content = (async function* () {
    for (let start = 0; start < text.length; start += 65_536)
      yield Buffer.from(text.slice(start, start + 65_536))
  })()
  let last: FedPart | undefined
  for await (const part of feedJob(services, { ...key, source, position }, content, callOf(), partRows))
    last = part
  return last as FedPart
}

export function linesOf(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}
