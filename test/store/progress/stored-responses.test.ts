import pg from 'pg'
import { expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { createStat } from '../../../src/service/stats/stats.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices } from '../../support/services.ts'

test('returns the first response when an earlier version stored it with the member `moved`', async () => {
  await using services = await createTestServices()
  const call = callOf()
  const once = { requestId: undefined }
  const title = { id: 'title', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, ...once }, call)
  const bounds = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: false }
  const stat = {
    titleId: 'title',
    code: 'kills',
    displayName: 'Kills',
    setBy: 'client',
    extensions: {},
  } as const
  await createStat(services, { stat: { ...stat, ...bounds }, ...once }, call)
  const achievement = achievementOf({ id: 'ten', requirements: [requirementOf({ statCode: 'kills' })] })
  await createAchievement(services, { titleId: 'title', achievement, ...once }, call)
  const updates = [{ code: 'kills', operation: 'set', value: 3 } as const]
  const request = { titleId: 'title', playerId: 'ann', updates, occurredTime: undefined, requestId: 'r1' }
  const first = await recordStats(services, request, call)
  expect(first.progressResults).toMatchObject([{ achievementId: 'ten', changed: true }])
  const client = new pg.Client({ connectionString: services.databaseUrl })
  await client.connect()
  const old = `update player_requests set response = replace(response, '"progressResults"', '"moved"')`
  expect((await client.query(old)).rowCount).toBe(1)
  await client.end()
  expect(await recordStats(services, request, call)).toEqual(first)
})
