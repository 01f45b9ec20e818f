import { expect, test } from 'vitest'
import { dialects } from '../../../src/registry.ts'
import { achievementIdQueries } from '../../../src/store/achievements/achievement-ids.ts'
import { achievementQueries } from '../../../src/store/achievements/achievements.ts'
import { ONE_DATABASE } from '../../../src/store/citus/sharding.ts'
import { READ_ON_WORKERS, skipOnCluster } from '../../support/citus.ts'
import { countingRows } from '../../support/counting-rows.ts'
import { createTitleWith } from '../../support/migration-job.ts'
import { achievementOf } from '../../support/records.ts'
import { createTestServices } from '../../support/services.ts'

const [DIALECT = ''] = dialects.keys()
const COUNT = 2_000
const BATCH = 100

test('a lookup of achievements reads only their rows, in a title that was just filled', async ({ skip }) => {
  skipOnCluster(skip, READ_ON_WORKERS)
  await using services = await createTestServices()
  const all = Array.from({ length: COUNT }, (_, index) =>
    achievementOf({ id: `a${index}`, ids: { [DIALECT]: String(index) } }),
  )
  await createTitleWith(services, 'full', all)
  const ids = all.slice(0, BATCH).map(({ id }) => id)
  for (const lookup of ['listByIds', 'lock', 'lockShared'] as const) {
    const { result, rowsRead } = await countingRows(services.databaseUrl, ['achievements'], (db) =>
      achievementQueries(db, ONE_DATABASE)[lookup]('full', ids),
    )
    expect(result.map(({ id }) => id)).toEqual(ids.toSorted())
    expect(rowsRead, lookup).toBeLessThanOrEqual(2 * BATCH)
  }
  const dialectIds = ids.map((id) => id.slice(1))
  const { result, rowsRead } = await countingRows(services.databaseUrl, ['achievement_ids'], (db) =>
    achievementIdQueries(db).findAchievements('full', DIALECT, dialectIds),
  )
  expect(result).toEqual(new Map(dialectIds.map((id) => [id, `a${id}`])))
  expect(rowsRead).toBe(BATCH)
})
