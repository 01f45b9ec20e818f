import { describe, expect, test } from 'vitest'
import { CONTEXT, MAPPING, mapped } from '../../../../test/support/migration-inputs.ts'
import { parseInstant } from '../../../model/instant.ts'
import type { MappedRecord, MigrationMapping } from '../../../model/migration-mapping.ts'

const RECORD: MappedRecord = {
  titleId: undefined,
  player: { kind: 'player', id: 'ann' },
  achievement: { dialect: undefined, id: 'first' },
  binding: undefined,
  unlocked: undefined,
  percent: undefined,
  values: {},
  unlockTime: undefined,
  updateTime: undefined,
  revoked: false,
  extensions: {},
  progress: undefined,
}
const UNLOCK: MigrationMapping = { ...MAPPING, values: [] }
const TIME = { field: 'at', format: 'rfc3339', pattern: '', timeZone: '', unknownTexts: [] } as const
const FLAG = { field: 'done', trueTexts: [] } as const
const ids = { player: 'ann', achievement: 'first' }

describe('a record', () => {
  test.each<[string, MigrationMapping, object | string, Partial<MappedRecord>]>([
    ['without values and a flag is an unlock', UNLOCK, ids, { unlocked: true }],
    ['has a percent', MAPPING, { ...ids, percent: 29.5 }, { percent: 29.5 }],
    ['has a percent in text', MAPPING, { ...ids, percent: ' 29.50 ' }, { percent: 29.5 }],
    ['with an empty percent has not begun', MAPPING, { ...ids, percent: '' }, { unlocked: false }],
    ['with a null percent has not begun', MAPPING, { ...ids, percent: null }, { unlocked: false }],
    [
      'with a time and an empty percent is an unlock',
      { ...MAPPING, unlockTime: TIME },
      { ...ids, percent: null, at: '2023-04-01T12:33:44Z' },
      { unlocked: true, unlockTime: parseInstant('2023-04-01T12:33:44Z') },
    ],
    [
      'with a known time is an unlock if the flag is any time',
      { ...UNLOCK, unlockTime: TIME, unlocked: { field: 'at', trueTexts: ['*'] } },
      { ...ids, at: '2023-04-01T12:33:44Z' },
      { unlocked: true, unlockTime: parseInstant('2023-04-01T12:33:44Z') },
    ],
    [
      'with an unknown time is locked if the flag is any time',
      { ...UNLOCK, unlockTime: TIME, unlocked: { field: 'at', trueTexts: ['*'] } },
      { ...ids, at: '0001-01-01T00:00:00Z' },
      { unlocked: false },
    ],
    [
      'has the time of its last change',
      { ...MAPPING, updateTime: TIME },
      { ...ids, percent: 1, at: '2023-04-01T12:33:44Z' },
      { percent: 1, updateTime: parseInstant('2023-04-01T12:33:44Z') },
    ],
    ...[undefined, null, '', 'yesterday', 5, true, {}, '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z'].map(
      (at): [string, MigrationMapping, object, Partial<MappedRecord>] => [
        `is not refused for the update time ${JSON.stringify(at)}`,
        { ...MAPPING, updateTime: TIME },
        { ...ids, percent: 1, at },
        { percent: 1, updateTime: undefined },
      ],
    ),
    ['has a flag', { ...UNLOCK, unlocked: FLAG }, { ...ids, done: true }, { unlocked: true }],
    ['has a flag in text', { ...UNLOCK, unlocked: FLAG }, { ...ids, done: 'YES' }, { unlocked: true }],
    ['has a flag that is false', { ...UNLOCK, unlocked: FLAG }, { ...ids, done: 0 }, { unlocked: false }],
    ['has no value in its flag', { ...UNLOCK, unlocked: FLAG }, { ...ids, done: '\\N' }, { unlocked: false }],
    [
      'has a flag in the words of the mapping',
      { ...UNLOCK, unlocked: { field: 'done', trueTexts: ['Achieved'] } },
      { ...ids, done: 'achieved' },
      { unlocked: true },
    ],
    [
      'without the flag is decided by its percent',
      { ...MAPPING, unlocked: FLAG },
      { ...ids, percent: 100 },
      { percent: 100 },
    ],
    ['is revoked', { ...UNLOCK, revoked: FLAG }, { ...ids, done: true }, { unlocked: true, revoked: true }],
    [
      'has values of requirements with any name',
      {
        ...MAPPING,
        values: ['__proto__', 'constructor'].map((requirementId) => ({
          field: requirementId,
          unit: 'steps',
          requirementId,
          scale: 1,
        })),
      } as MigrationMapping,
      '{"player":"ann","achievement":"first","__proto__":3,"constructor":"4"}',
      {
        values: Object.fromEntries([
          ['__proto__', '3'],
          ['constructor', '4'],
        ]),
      },
    ],
    [
      'has a value of the only requirement',
      { ...MAPPING, values: [{ field: 'n', unit: 'steps', requirementId: '', scale: 1 }] },
      { ...ids, n: 7 },
      { values: { '': '7' } },
    ],
    [
      'is of a title and an achievement of the maps, and of an account',
      {
        ...UNLOCK,
        title: { field: 'a.game', ids: { g1: 'lanternfall' } },
        achievement: { field: 'a.id', dialect: undefined, ids: { 7: 'seventh' } },
        player: { field: 'player', dialect: undefined, usesIdentities: true },
      },
      { player: 'ann', a: { game: 'g1', id: 7 } },
      {
        titleId: 'lanternfall',
        unlocked: true,
        player: { kind: 'identity', id: 'ann' },
        achievement: { dialect: undefined, id: 'seventh' },
      },
    ],
    [
      'has ids of 64 bits exactly',
      UNLOCK,
      '{"player": 9007199254740993, "achievement": "first"}',
      { unlocked: true, player: { kind: 'player', id: '9007199254740993' } },
    ],
    [
      'has a member whose name is a path',
      { ...UNLOCK, player: { field: 'a.b', dialect: undefined, usesIdentities: false } },
      { ...ids, 'a.b': 'ann', a: { b: 'ben' } },
      { unlocked: true },
    ],
  ])('%s', async (_, mapping, record, expected) => {
    expect(await mapped(mapping, record)).toStrictEqual({ ...RECORD, ...expected })
  })

  test.each<[MigrationMapping, object | string, string]>([
    [MAPPING, { ...ids }, 'percent: must be in each record, and is missing'],
    ...(['a\tb', 'a\n', '\u001b[31mann', '\u0085', ' ann', 'ann ', 'Jos\uFFFD'].map((player) => [
      MAPPING,
      { ...ids, player, percent: 1 },
      `player: must be a text without control characters, U+FFFD or surrounding spaces, and is ${JSON.stringify(player)}`,
    ]) as [MigrationMapping, object, string][]),
    ...(['on', 'x', '1.0', 2, 'completed', '-1'].map((done) => [
      { ...UNLOCK, unlocked: FLAG },
      { ...ids, done },
      `done: must be one of true, 1, yes, t, y, false, 0, no, f, n, or a text in true_texts of the mapping (then any other text means false), and is ${JSON.stringify(done)}`,
    ]) as [MigrationMapping, object, string][]),
    [MAPPING, { ...ids, percent: 'abc' }, 'percent: must be a number from 0 to 100, and is "abc"'],
    [MAPPING, { ...ids, percent: 100.5 }, 'percent: must be a number from 0 to 100, and is 100.5'],
    [MAPPING, { ...ids, percent: -1 }, 'percent: must be a number from 0 to 100, and is -1'],
    [MAPPING, { ...ids, percent: 'NaN' }, 'percent: must be a number from 0 to 100, and is "NaN"'],
    [MAPPING, { ...ids, percent: 'Infinity' }, 'percent: must be a number from 0 to 100, and is "Infinity"'],
    [MAPPING, { ...ids, percent: '.' }, 'percent: must be a number from 0 to 100, and is "."'],
    [MAPPING, { ...ids, percent: '12,5' }, 'percent: must be a number from 0 to 100, and is "12,5"'],
    [MAPPING, { ...ids, percent: true }, 'percent: must be a number from 0 to 100, and is true'],
    [MAPPING, { ...ids, percent: [1] }, 'percent: must be a number from 0 to 100, and is a list of 1'],
    [
      MAPPING,
      { ...ids, percent: '1'.repeat(5000) },
      `percent: must be a number from 0 to 100, and is "${'1'.repeat(60)}…"`,
    ],
    [MAPPING, `{"percent": 1${'0'.repeat(5000)}}`, '$.percent: the number is out of range'],
    [
      UNLOCK,
      { achievement: 'first' },
      'player: must be a text of 1 to 128 characters, or an integer, and is missing',
    ],
    [
      UNLOCK,
      { ...ids, player: '' },
      'player: must be a text of 1 to 128 characters, or an integer, and is empty',
    ],
    [
      UNLOCK,
      { ...ids, player: 1.5 },
      'player: must be a text of 1 to 128 characters, or an integer, and is 1.5',
    ],
    [
      UNLOCK,
      { ...ids, achievement: 'a'.repeat(129) },
      `achievement: must be a text of 1 to 128 characters, or an integer, and is "${'a'.repeat(60)}…"`,
    ],
    [
      { ...UNLOCK, player: { field: 'constructor', dialect: undefined, usesIdentities: false } },
      ids,
      'constructor: must be a text of 1 to 128 characters, or an integer, and is missing',
    ],
    [
      { ...UNLOCK, player: { field: '__proto__.a', dialect: undefined, usesIdentities: false } },
      ids,
      '__proto__.a: must be a text of 1 to 128 characters, or an integer, and is missing',
    ],
    [{ ...UNLOCK, unlocked: FLAG }, { ...ids, done: {} }, 'done: must be true or false, and is an object'],
  ])('is refused with field, expected and found value: %#', async (mapping, record, refusal) => {
    expect(await mapped(mapping, record)).toBe(refusal)
  })

  test('is refused if its account is none of the dialect', async () => {
    const refusals = await Promise.all(
      [...CONTEXT.dialects.keys()].map((dialect) =>
        mapped(
          { ...UNLOCK, player: { field: 'player', dialect, usesIdentities: false } },
          { ...ids, player: ' ' },
        ),
      ),
    )
    const forms = [...CONTEXT.dialects.values()].map(({ ids: { account } }) => account)
    expect(refusals).toEqual(
      forms.map((form, index) =>
        form.accepts(' ') ? expect.anything() : `player: must be ${forms[index]?.form}, and is " "`,
      ),
    )
    expect(forms.some((form) => !form.accepts(' '))).toBe(true)
  })
})
