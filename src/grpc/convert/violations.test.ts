import { expect, test } from 'vitest'
import { Achievement, type AchievementKind } from '../../gen/laurel/v1/achievement.ts'
import { Quantity } from '../../gen/laurel/v1/quantity.ts'
import { Stat } from '../../gen/laurel/v1/stat.ts'
import { Title } from '../../gen/laurel/v1/title.ts'
import { LaurelError } from '../../model/errors.ts'
import { readAchievement, readAchievementPatch } from './achievement.ts'
import { readReport } from './progress.ts'
import { readPaging } from './scalars.ts'
import { readStatPatch } from './stat.ts'
import { readTitle, readTitlePatch } from './title.ts'
import { parse, type Violations } from './violations.ts'

function refused(read: (violations: Violations) => unknown): readonly string[] {
  try {
    parse(read)
  } catch (error) {
    if (!(error instanceof LaurelError)) throw error
    expect(error.reason).toBe('INVALID_FIELD')
    return error.violations.map(({ field, message }) => `${field} ${message}`)
  }
  return []
}

test('all violations of an achievement are reported at once, with the names of the wire', () => {
  const message = Achievement.create({
    achievementId: 'a\u0007',
    listOrder: -1,
    name: { text: 'x'.repeat(4097), locale: 'x'.repeat(36) },
    kind: 7 as AchievementKind,
    window: { startTime: { seconds: 9n, nanos: 0 }, endTime: { seconds: 8n, nanos: 0 } },
    requirements: [
      { requirementId: 'laps', target: { value: { $case: 'double', value: Number.POSITIVE_INFINITY } } },
      { requirementId: 'laps' },
    ],
    rewards: [{ kind: 0, value: '5' }],
    tags: [''],
    estimatedTime: { seconds: -1n, nanos: 0 },
    extensions: new Map([
      ['toy', '[]'],
      ['platform-a', '{'],
    ]),
  })
  expect(refused((violations) => readAchievement(message, violations))).toEqual([
    'achievement.achievement_id must not hold control characters',
    'achievement.list_order must be 0 to 2147483647',
    'achievement.name.locale must be at most 35 characters',
    'achievement.name.text must be at most 4096 characters',
    'achievement.kind must be one of PERSISTENT, CHALLENGE',
    'achievement.window.end_time must not be before start_time',
    'achievement.requirements[0].target.double must be a finite number',
    'achievement.requirements[1].target must be set to an integer or a double',
    'achievement.requirements[1].requirement_id must be unique in its achievement',
    'achievement.rewards[0].kind must be one of GAMERSCORE, IN_APP, ART',
    'achievement.tags[0] must be set',
    'achievement.estimated_time must not be negative',
    'achievement.extensions["toy"] must be the JSON text of an object',
    expect.stringMatching(
      /^achievement\.extensions\["platform-a"\] must be the JSON text of an object: line 1/,
    ),
  ])
})

test('counts the values of extensions before it parses them', () => {
  const values = `{"a":[${'0,'.repeat(2_501)}0]}`
  const message = Achievement.fromPartial({
    extensions: new Map([
      ['toy', values],
      ['platform-a', values],
    ]),
  })
  expect(refused((violations) => readAchievement(message, violations))).toContain(
    'achievement.extensions must hold at most 5000 values',
  )
})

test('lists and maps have their limits', () => {
  const title = Title.create({
    titleId: 't',
    bindings: new Map([...Array(65).keys()].map((key) => [`d${key}`, { ids: new Map([['id', '1']]) }])),
  })
  title.bindings.set('d0', { ids: new Map() })
  expect(refused((violations) => readTitle(title, violations))).toEqual([
    'title.bindings must be at most 64, not 65',
    'title.bindings["d0"].ids must hold at least one id',
  ])
  const tags = Array(65).fill('t')
  expect(
    refused((violations) => readAchievementPatch(Achievement.create({ tags }), undefined, violations)),
  ).toEqual(['achievement.tags must be at most 64, not 65'])
})

test('characters are counted, not units of UTF-16', () => {
  const title = (text: string) => Title.create({ titleId: text })
  expect(refused((violations) => readTitle(title('😀'.repeat(128)), violations))).toEqual([])
  expect(refused((violations) => readTitle(title('😀'.repeat(129)), violations))).toHaveLength(1)
})

test('a mask selects exactly the fields that it names', () => {
  const stat = Stat.create({ displayName: 'Laps', minimum: 1 })
  const patch = (mask?: string[]) => parse((violations) => readStatPatch(stat, mask, violations))
  expect(patch()).toStrictEqual({ displayName: 'Laps', minimum: 1 })
  expect(patch([])).toStrictEqual({ displayName: 'Laps', minimum: 1 })
  expect(patch(['maximum', 'default_value'])).toStrictEqual({ maximum: undefined, defaultValue: 0 })
  expect(Object.keys(patch(['*']))).toHaveLength(7)
})

test('a mask names fields that can change', () => {
  const title = Title.create({ titleId: 't' })
  const known = 'display_name, default_locale, bindings, extensions, mask_hidden_in_gateways'
  expect(refused((violations) => readTitlePatch(title, ['title_id', 'etag'], violations))).toEqual([
    `update_mask must name fields of ${known}, not title_id`,
    `update_mask must name fields of ${known}, not etag`,
  ])
})

test('a report is one of its kinds, within its bounds', () => {
  const read = (report: Parameters<typeof readReport>[0]) =>
    refused((violations) => readReport(report, violations))
  const minusOne = Quantity.create({ value: { $case: 'integer', value: -1n } })
  expect(read(undefined)).toEqual(['report must be set'])
  expect(read({ $case: 'percent', value: 101 })).toEqual(['percent must be 0 to 100'])
  expect(read({ $case: 'unlock', value: false })).toEqual(['unlock must be true, or another report be set'])
  expect(read({ $case: 'add', value: { requirementId: '', quantity: minusOne } })).toEqual([
    'add.quantity must not be negative',
  ])
  expect(read({ $case: 'reach', value: { requirementId: '', quantity: minusOne } })).toEqual([])
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const quantity = Quantity.create({ value: { $case: 'double', value } })
    for (const $case of ['add', 'reach'] as const) {
      expect(read({ $case, value: { requirementId: '', quantity } })).toEqual([
        `${$case}.quantity.double must be a finite number`,
      ])
    }
  }
})

test('a page size is checked', () => {
  const page = (pageSize: number) =>
    parse((violations) => readPaging({ pageSize, pageToken: '' }, violations))
  expect(page(0)).toEqual({ pageSize: undefined, pageToken: undefined })
  expect(page(2 ** 31 - 1)).toEqual({ pageSize: 2 ** 31 - 1, pageToken: undefined })
  expect(() => page(-1)).toThrow('page_size must not be negative')
})

test('violations beyond the limit are counted', () => {
  const read = (violations: Violations) => {
    for (let index = 0; index < 1_000_000; index += 1) violations.add(`tags[${index}]`, 'must be set')
  }
  expect(refused(read)).toHaveLength(20)
  expect(() => parse(read)).toThrow(/^tags\[0\] must be set; .*; and 999980 more$/)
})
