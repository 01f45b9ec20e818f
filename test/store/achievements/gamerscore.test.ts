import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAchievement, writeAchievement } from '../../../src/grpc/convert/achievement.ts'
import { parse } from '../../../src/grpc/convert/violations.ts'
import { scoreOf } from '../../../src/model/achievement.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { restoreAchievementRevision } from '../../../src/service/achievements/revisions.ts'
import { updateAchievement } from '../../../src/service/achievements/update-achievement.ts'
import { COMBINED, entryOf } from '../../support/documents.ts'
import { importText, textOf } from '../../support/exchange.ts'
import { createPlayedTitle, titleId } from '../../support/played-title.ts'
import { exportLines, importLines } from '../../support/record-lines.ts'
import { achievementOf, gamerscore } from '../../support/records.ts'
import { callOf, createTestServices } from '../../support/services.ts'

let played: Awaited<ReturnType<typeof createPlayedTitle>>
beforeAll(async () => {
  played = await createPlayedTitle()
})
afterAll(() => played[Symbol.asyncDispose]())

const worth = (value: string) => gamerscore(0).map((reward) => ({ ...reward, value }))
const messageOf = (value: string) => {
  const stored = { titleId, etag: '', createTime: 0n, updateTime: 0n }
  return writeAchievement({ ...achievementOf({ id: 'a', rewards: worth(value) }), ...stored })
}
const imported = (value: string) =>
  importText(
    played.services,
    COMBINED,
    textOf(entryOf(COMBINED, { achievement: { rewards: worth(value) } })),
    { titleId: `imported ${value.length}`, allowRebinding: true, dryRun: true },
  )
const EXPECTED = 'rewards[0].value must be a whole number from 0 to 999999999 for gamerscore'

describe.each(['1000000000', '99999999999999999999', '-5', '2.5', '1e3', 'ten', ' 5'])(
  'a gamerscore of %j',
  (value) => {
    test('is refused in a definition, and in a document', async () => {
      expect(() => parse((violations) => readAchievement(messageOf(value), violations))).toThrow(
        `achievement.${EXPECTED}`,
      )
      const { outcomes } = await imported(value)
      expect(outcomes).toMatchObject([
        { kind: 'failed', error: { message: expect.stringContaining(EXPECTED) } },
      ])
    })

    test('that is stored already is read, and is refused where it would be stored again', async () => {
      const { services } = played
      const achievementId = `stored ${value}`
      const achievement = achievementOf({ id: achievementId, rewards: worth(value) })
      // As earlier versions have stored it.
      const bad = await createAchievement(services, { titleId, achievement, requestId: undefined }, callOf())
      expect(writeAchievement(bad).rewards).toMatchObject([{ value }])
      const key = { titleId, achievementId, etag: undefined, requestId: undefined }
      const good = await updateAchievement(services, { ...key, patch: { rewards: worth('5') } }, callOf())
      expect(good.rewards).toEqual(worth('5'))
      const restored = restoreAchievementRevision(services, { ...key, revisionId: bad.etag }, callOf())
      await expect(restored).rejects.toMatchObject({ reason: 'INVALID_FIELD', message: EXPECTED })
    })
  },
)

test.each([
  ['', 0n],
  ['0', 0n],
  ['007', 7n],
  ['999999999', 999_999_999n],
])('a gamerscore of %j counts', async (value, score) => {
  const read = parse((violations) => readAchievement(messageOf(value), violations))
  expect(scoreOf(read)).toBe(score)
  expect((await imported(value)).outcomes).toMatchObject([{ kind: 'new' }])
})

test('moves to another Laurel as it is stored, whatever its gamerscore', async () => {
  await using source = await createPlayedTitle()
  await using target = await createTestServices()
  const achievement = achievementOf({ id: 'old', rewards: worth('-5') })
  await createAchievement(source.services, { titleId, achievement, requestId: undefined }, callOf())
  const lines = await exportLines(source.services)
  await importLines(target, lines)
  const [, ...arrived] = await exportLines(target)
  expect(arrived).toEqual(lines.slice(1))
})
