import pg from 'pg'
import type { Report } from '../../src/model/progress.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { getPlayerSummary } from '../../src/service/progress/get-progress.ts'
import { recordProgress } from '../../src/service/progress/record-progress.ts'
import type { RecordProgress } from '../../src/service/progress/writer/contract.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { achievementOf, gamerscore, requirementOf } from './records.ts'
import { callOf, createTestServices } from './services.ts'

export const titleId = 'title'
export const unlock: Report = { kind: 'unlock' }
export const reach = (quantity: bigint): Report => ({ kind: 'reach', requirementId: undefined, quantity })

/** Returns a report in the form that the use cases take. */
export function item(
  playerId: string,
  achievementId: string,
  report: Report,
  parts: Partial<RecordProgress> = {},
): RecordProgress {
  const key = { titleId, playerId, achievementId, occurredTime: undefined, requestId: undefined }
  return { ...key, report, ...parts } as RecordProgress
}

/** Creates a title with three achievements: without requirements, counting to 1,000, and hidden. */
export async function createPlayedTitle() {
  const call = callOf()
  const services = await createTestServices()
  const pool = new pg.Pool({ connectionString: services.databaseUrl, max: 2 })
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  const counted = [requirementOf({ target: 1000n })]
  for (const achievement of [
    achievementOf({ id: 'plain', rewards: gamerscore(10) }),
    achievementOf({ id: 'counted', rewards: gamerscore(20), requirements: counted }),
    achievementOf({ id: 'hidden', hidden: true, tags: ['boss'], rewards: gamerscore(30) }),
  ]) {
    await createAchievement(services, { titleId, achievement, requestId: undefined }, call)
  }
  return {
    services,
    pool,
    record: (...parts: Parameters<typeof item>) => recordProgress(services, item(...parts), call),
    summary: (playerId: string) => getPlayerSummary(services, { titleId, playerId }, call),
    /** The player's events, in order. */
    async events(playerId: string) {
      const query = 'select kind, percent, actor, reason from events where player_id = $1 order by id'
      return (await pool.query(query, [playerId])).rows
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await services[Symbol.asyncDispose]()
    },
  }
}
