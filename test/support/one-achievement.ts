import type { Achievement } from '../../src/model/achievement.ts'
import type { Report } from '../../src/model/progress.ts'
import { backfillNext } from '../../src/service/achievements/backfills.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import {
  type AchievementPatch,
  previewAchievementUpdate,
  updateAchievement,
} from '../../src/service/achievements/update-achievement.ts'
import { getPlayerSummary, getProgress } from '../../src/service/progress/get-progress.ts'
import { recordProgress } from '../../src/service/progress/record-progress.ts'
import type { RecordProgress } from '../../src/service/progress/writer/contract.ts'
import { recordStats } from '../../src/service/stats/stat-values.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { onDatabase } from './deliveries.ts'
import { achievementOf, gamerscore, requirementOf } from './records.ts'
import { callOf, type TestServices } from './services.ts'

let titles = 0
const call = callOf()
const once = { requestId: undefined }

export const counted = (target: bigint, statCode?: string) => [requirementOf({ target, statCode })]

/** Creates a title with one achievement, and returns what tests do with it. */
export async function titleWith(services: TestServices, parts: Partial<Achievement>) {
  titles += 1
  const titleId = `title-${titles}`
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, ...once }, call)
  const achievement = achievementOf({ id: 'goal', rewards: gamerscore(10), ...parts })
  await createAchievement(services, { titleId, achievement, ...once }, call)
  const key = { titleId, achievementId: 'goal' }
  const request = (patch: AchievementPatch, silentBackfill?: boolean) => ({
    ...key,
    etag: undefined,
    patch,
    silentBackfill,
    ...once,
  })
  return {
    key,
    update: (patch: AchievementPatch, silent?: boolean) =>
      updateAchievement(services, request(patch, silent), call),
    preview: (patch: AchievementPatch) => previewAchievementUpdate(services, request(patch), call),
    record: (playerId: string, report: RecordProgress['report']) =>
      recordProgress(services, { ...key, playerId, report, occurredTime: undefined, ...once }, call),
    stat: (playerId: string, value: number) =>
      recordStats(
        services,
        {
          titleId,
          playerId,
          occurredTime: undefined,
          ...once,
          updates: [{ code: 'kills', operation: 'increment', value }],
        },
        call,
      ),
    progress: async (playerId: string) => (await getProgress(services, { ...key, playerId }, call)).progress,
    summary: (playerId: string) => getPlayerSummary(services, { titleId, playerId }, call),
    /** Runs the back-fill to its end. Returns the number of its transactions. */
    async fill() {
      let transactions = 1
      while (await backfillNext(services, key, call.signal)) transactions += 1
      return transactions
    },
    events: async (kind: string) =>
      await onDatabase(
        services.databaseUrl,
        'select player_id, silent, actor, reason from events where title_id = $1 and kind = $2 order by id',
        [titleId, kind],
      ),
  }
}

export const reach = (quantity: bigint): Extract<Report, { kind: 'reach' }> => ({
  kind: 'reach',
  requirementId: undefined,
  quantity,
})
