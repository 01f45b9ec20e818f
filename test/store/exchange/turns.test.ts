import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dialects } from '../../../src/registry.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { exportAchievements } from '../../../src/service/exchange/export-achievements.ts'
import { exportProgress } from '../../../src/service/exchange/export-progress.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { longestTurn } from '../../support/cpu.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const [titleId, playerId, achievementId] = ['large', 'ann', 'first']
const LANGUAGES = [
  'de',
  'fr',
  'es',
  'it',
  'pt',
  'pl',
  'nl',
  'ja',
  'ko',
  'sv',
  'da',
  'fi',
  'nb',
  'cs',
  'hu',
  'tr',
]
const text = {
  locale: 'en',
  text: 'You did it',
  translations: Object.fromEntries(LANGUAGES.map((language) => [language, 'x'.repeat(100)])),
}
const call = callOf()
const once = { requestId: undefined }
let services: TestServices

beforeAll(async () => {
  services = await createTestServices()
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, ...once }, call)
  const texts = { name: text, description: text, lockedDescription: text }
  const achievement = achievementOf({ id: achievementId, ...texts })
  await createAchievement(services, { titleId, achievement, ...once }, call)
  const report = { titleId, playerId, achievementId, report: { kind: 'unlock' } } as const
  await recordProgress(services, { ...report, occurredTime: undefined, ...once }, call)
  const database = new Client({ connectionString: services.databaseUrl })
  await database.connect()
  await database.query(
    `insert into achievements (title_id, id, list_order, hidden, tags, stat_codes, score, definition, create_time, update_time)
     select title_id, id || n, n, hidden, tags, stat_codes, score, definition, create_time, update_time
     from achievements, generate_series(1, 600) as n`,
  )
  await database.end()
})
afterAll(() => services[Symbol.asyncDispose]())

test.each([...dialects.keys()])('exports to %s let other calls run', async (dialect) => {
  const options = {
    dialect,
    titleId,
    playerId,
    shape: undefined,
    locale: undefined,
    lossPolicy: 'report',
  } as const
  for (const content of [
    () => exportAchievements(services, { ...options, achievementIds: [] }, call),
    () => exportProgress(services, options, call),
  ]) {
    // The first run compiles the code, and a garbage collection counts too: a long turn of the export itself is in each run.
    const turns = []
    for (let run = 0; run < 3; run += 1) turns.push(await longestTurn(() => Array.fromAsync(content())))
    expect(Math.min(...turns)).toBeLessThan(100)
  }
})
