import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { batchRecordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { runs } from '../../conformance/fuzz-factor.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

/** Signs with a meaning in the text form of a Postgres array, and texts that resemble them. */
const piece = fc.constantFrom(
  '"',
  '\\',
  '{',
  '}',
  ',',
  'NULL',
  ' ',
  "'",
  '\n',
  '\u0001',
  'ä',
  '漢',
  '🏆',
  '\\"',
  'x',
)
const unusual = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''))

let services: TestServices
let pool: pg.Pool

beforeAll(async () => {
  services = await createTestServices()
  pool = new pg.Pool({ connectionString: services.databaseUrl, max: 1 })
})
afterAll(async () => {
  await pool.end()
  await services[Symbol.asyncDispose]()
})

test('stores ids with unusual characters exactly when a batch is written', async () => {
  let round = 0
  const texts = fc.record({ title: unusual, achievement: unusual, requirement: unusual, actor: unusual })
  const reports = fc.uniqueArray(fc.tuple(unusual, unusual), {
    minLength: 1,
    maxLength: 5,
    selector: ([id]) => id,
  })
  await fc.assert(
    fc.asyncProperty(texts, reports, async ({ title, achievement, requirement, actor }, players) => {
      round += 1
      const titleId = `${title} ${round}`
      const call = callOf(actor)
      const named = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
      await createTitle(services, { title: named, requestId: undefined }, call)
      const definition = achievementOf({
        id: achievement,
        requirements: [requirementOf({ id: requirement })],
      })
      await createAchievement(services, { titleId, achievement: definition, requestId: undefined }, call)
      const items = players.map(([id, request]) => ({
        titleId,
        playerId: `${id} ${round}`,
        achievementId: achievement,
        occurredTime: undefined,
        report: { kind: 'reach' as const, requirementId: requirement, quantity: 3n },
        requestId: request,
      }))
      const before = services.progressWriter.counts.locked
      await batchRecordProgress(services, { items }, call)
      expect(services.progressWriter.counts.locked).toBe(before)

      const { rows } = await pool.query(
        `select s.player_id, p.achievement_id, p.values, p.writer, e.actor, e.request_id, length(e.digest) as digest_length
         from player_titles s
         join progress p using (player_id, title_id)
         join events e using (player_id, title_id, achievement_id)
         where s.title_id = $1`,
        [titleId],
      )
      const stored = rows.map((row) => [...Object.values(row)])
      const expected = items.map(({ playerId, requestId }) => {
        return [playerId, achievement, { [requirement]: '3' }, actor, actor, requestId, 22]
      })
      expect(stored.sort()).toEqual(expected.sort())
    }),
    runs(40),
  )
})
