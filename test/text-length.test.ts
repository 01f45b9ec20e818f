import { expect, it } from 'vitest'
import { BLANK_ACHIEVEMENT } from '../src/dialect/kit/blank.ts'
import { checkAchievement } from '../src/model/check-achievement.ts'
import { LIMITS } from '../src/model/limits.ts'
import { isLongerThan } from '../src/model/text-length.ts'

it.each([
  ['a', 3, false],
  ['a', 4, true],
  ['🏆', 3, false],
  ['🏆', 4, true],
  ['e\u0301', 1, false],
  ['e\u0301', 2, true],
])('counts code points: %s, %i times, against 3', (text, times, isLonger) => {
  expect(isLongerThan(text.repeat(times), 3)).toBe(isLonger)
})

/** A definition in which every limited text is of one length. */
function withTexts(character: string, more: number) {
  const [id, text, locale] = [LIMITS.id, LIMITS.text, LIMITS.locale].map((limit) =>
    character.repeat(limit + more),
  ) as [string, string, string]
  const localized = { locale, text, translations: { [locale]: text } }
  const asset = { role: 'icon' as const, name: text, url: text }
  return {
    ...BLANK_ACHIEVEMENT,
    id,
    name: localized,
    description: localized,
    lockedDescription: localized,
    ids: { steam: id },
    requirements: [
      { id, statCode: id, operator: 'at_least' as const, target: 1n, valueType: 'integer' as const },
    ],
    rewards: [{ kind: 'art' as const, value: text, name: text, description: text, media: asset }],
    media: [asset],
    tags: [id],
    platforms: [id],
    productId: text,
    deepLink: text,
    titleAssociations: [{ id, name: text, version: text }],
  }
}

it('measures every text of a definition so', () => {
  expect(checkAchievement(withTexts('🏆', 0))).toEqual([])
  const refused = new Set(
    checkAchievement(withTexts('🏆', 1)).map(({ field }) => field.replace(/\.translations\..*/, '')),
  )
  expect([...refused].sort()).toMatchInlineSnapshot(`
    [
      "deep_link",
      "description",
      "description.text",
      "id",
      "ids.steam",
      "locked_description",
      "locked_description.text",
      "media[0].name",
      "media[0].url",
      "name",
      "name.text",
      "platforms[0]",
      "product_id",
      "requirements[0].id",
      "requirements[0].stat_code",
      "rewards[0].description",
      "rewards[0].media.name",
      "rewards[0].media.url",
      "rewards[0].name",
      "rewards[0].value",
      "tags[0]",
      "title_associations[0].id",
      "title_associations[0].name",
      "title_associations[0].version",
    ]
  `)
})
