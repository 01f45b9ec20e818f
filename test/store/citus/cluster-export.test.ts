import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { noCitus } from '../../support/citus.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { exportLines } from '../../support/record-lines.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const EXPORTS = 5

const call = callOf()
let services: TestServices

describe.skipIf(noCitus !== undefined)(`an export of a cluster (${noCitus ?? 'there is one'})`, () => {
  beforeEach(async () => {
    services = await createTestServices()
  })
  afterEach(() => services[Symbol.asyncDispose]())

  test('has no row that was written on any node after its first read', async () => {
    const insert = (prefix: string) =>
      onDatabase(
        services.databaseUrl,
        `insert into players (id, display_name, create_time, update_time)
         select $1 || n, '', 0, 0 from generate_series(1, 20) as n`,
        [prefix],
      )
    await insert('before-')
    const parts = services.store.snapshot(NEVER_ABORTED, async function* (queries) {
      await queries.players.find('before-1')
      await insert('after-')
      yield* queries.records.readLines('player', [])
    })
    const lines = Buffer.concat(await Array.fromAsync(parts)).toString()
    expect(lines.match(/before-/g)).toHaveLength(20)
    expect(lines).not.toContain('after-')
  })

  test("has a community's progress that is the sum of its contributions, while players contribute", async () => {
    const titleId = 'title'
    const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
    await createTitle(services, { title, requestId: undefined }, call)
    const requirements = [requirementOf({ statCode: 'laps', target: 10n ** 6n })]
    const achievement = achievementOf({ id: 'goal', participation: 'community', requirements })
    await createAchievement(services, { titleId, achievement, requestId: undefined }, call)
    let isEnded = false
    const contribute = async (playerId: string) => {
      const updates = [{ code: 'laps', operation: 'increment', value: 1 } as const]
      while (!isEnded)
        await recordStats(
          services,
          { titleId, playerId, updates, occurredTime: undefined, requestId: undefined },
          call,
        )
    }
    const contributing = ['ann', 'bob', 'cy', 'dan'].map(contribute)
    const sums: number[] = []
    while (sums.length < EXPORTS) {
      const lines = (await exportLines(services)).map((line) => JSON.parse(line))
      const total = (kind: string) =>
        lines.filter((line) => line.kind === kind).reduce((sum, { value }) => sum + Number(value), 0)
      expect(total('contribution')).toBe(total('community_progress'))
      sums.push(total('contribution'))
    }
    isEnded = true
    await Promise.all(contributing)
    expect(sums.at(-1)).toBeGreaterThan(sums[0] as number)
  })
})
