import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Canonical, EncodeContext, ProgressFacts } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { LossReport } from '../../src/dialect/losses.ts'
import type { Achievement, Requirement } from '../../src/model/achievement.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'

import { accelbyte } from './index.ts'

const DEFINITION: JsonObject = {
  Hidden: false,
  Incremental: true,
  ID: '61a0c3d2e4b7xx90ffab1201',
  ListOrder: 1,
  GoalValue: 10,
  UnlockedIcons: [{ url: 'lit.png', slug: 'litpng' }],
  LockedIcons: [],
  CreatedAt: '2021-11-26T11:20:02.825Z',
  UpdatedAt: '2021-11-26T11:20:02.825Z',
  Namespace: 'harbor-lights',
  AchievementCode: 'ten-lanterns',
  StatCode: 'lanterns',
  DefaultLanguage: 'en',
  Tags: ['light'],
  Name: { en: 'Ten Lanterns', id: 'Sepuluh Lentera' },
  Description: { en: 'Light ten lanterns' },
}

const ROW: JsonObject = {
  id: '65f0a1b2e4b7c190ffab1301',
  achievementCode: 'ten-lanterns',
  name: {},
  status: 1,
  latestValue: 4,
  achievedAt: '0001-01-01T00:00:00Z',
}

const GOAL: Requirement = {
  id: 'goal',
  statCode: 'lanterns',
  operator: 'at_least',
  target: 10,
  valueType: 'double',
}

describe('decode', () => {
  it.each<[string, JsonValue]>([
    ['Name', { fr: 'Dix Lanternes' }],
    ['Name', {}],
    ['Name', { en: 7 }],
    ['Name', null],
    ['Description', { id: 'Nyalakan' }],
    ['Tags', ['1', '2', '3', '4', '5', '6']],
    ['Tags', [null]],
    ['AchievementCode', ''],
    ['GoalValue', '10'],
    ['GoalValue', 10n ** 400n],
    ['ListOrder', 1.5],
    ['CreatedAt', '2021-02-30T00:00:00Z'],
    ['LockedIcons', [7]],
    ['LockedIcons', [{ url: 7 }]],
    ['Hidden', 'no'],
  ])('refuses a wrong %s (case %#) by name, as the entry spells it', (name, value) => {
    expect(errorOf({ ...DEFINITION, [name]: value }).path[0]).toBe(name)
    const camel = camelOf({ ...DEFINITION, [name]: value })
    expect(errorOf(camel).path[0]).toBe(name.charAt(0).toLowerCase() + name.slice(1))
  })

  it('names the number and the limit of tags', () => {
    const { problem } = errorOf({ ...DEFINITION, Tags: ['1', '2', '3', '4', '5', '6'] })
    expect(problem).toBe('Tags must hold at most 5 tags, but found 6')
  })

  it('names the language that a text lacks', () => {
    const { problem } = errorOf({ ...DEFINITION, Name: { fr: 'Dix', de: 'Zehn' } })
    expect(problem).toBe('expected a text in the default language "en", but found fr, de')
  })

  it('refuses a member that is there in two cases', () => {
    expect(errorOf({ ...DEFINITION, name: { en: 'ten' } }).path).toEqual(['name'])
  })

  it('reads an absent goal as zero', () => {
    const { GoalValue: _, ...entry } = DEFINITION
    expect(decode(entry).achievement?.requirements[0]?.target).toBe(0)
  })

  it.each([0, 3, null])('reads a row of status %j as not started', (status) => {
    expect(decode({ ...ROW, status }).progress).toMatchObject({ state: 'not_started', percent: 0 })
  })

  it('keeps languages and members whose names are dangerous', () => {
    const entry = { ...DEFINITION, ...JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}') }
    const { result } = encode(decode(entry))
    expect(Object.hasOwn(result, '__proto__')).toBe(true)
    expect(result['constructor']).toBe(2)
    expect('polluted' in result).toBe(false)
  })

  it('gives a record or an error with a path, whatever the entry', () => {
    const member = fc.constantFrom(
      ...Object.keys(DEFINITION),
      ...Object.keys(ROW),
      'Global',
      'unknown',
      '__proto__',
    )
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(...Object.values(DEFINITION)),
      fc.bigInt(),
    ) as fc.Arbitrary<JsonValue>
    const change = fc.array(fc.tuple(member, value), { maxLength: 4 })
    fc.assert(
      fc.property(
        fc.constantFrom<JsonObject>(DEFINITION, camelOf(DEFINITION), ROW, {}),
        change,
        (entry, changes) => {
          const changed = Object.fromEntries([...Object.entries(entry), ...changes])
          try {
            encode(decode(changed))
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
            expect((error as DecodeError).path.length).toBeGreaterThan(0)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('encode', () => {
  it('gives the REST form back in REST form when asked for it', () => {
    const { iD: _, ...entry } = camelOf(DEFINITION)
    const rest = { ...entry, global: true, customAttributes: { tier: 2 }, status: 'TIED', unknown: [1] }
    expect(encode(decode(rest), { shape: 'rest' }).result).toEqual(rest)
  })

  it("calls global what all players of a title do together, and what a group does is one player's", () => {
    const participation = (entry: JsonObject) => achievementOf(decode(entry)).participation
    expect(participation({ ...DEFINITION, Global: true })).toBe('community')
    expect([participation({ ...DEFINITION, Global: false }), participation(DEFINITION)]).toEqual([
      'individual',
      'individual',
    ])
    const record = decode({ ...DEFINITION, Global: false })
    const as = (kind: 'group' | 'community') =>
      encode({ ...record, achievement: { ...achievementOf(record), participation: kind } })
    expect(as('community')).toMatchObject({ result: { Global: true }, losses: [] })
    expect(as('group')).toMatchObject({
      result: { Global: false },
      losses: [{ kind: 'coerced', path: '$.achievement.participation', from: 'group', to: 'individual' }],
    })
    expect(() => decode({ ...DEFINITION, Global: 'yes' })).toThrow(DecodeError)
  })

  it('answers null lists with empty ones in REST form, and with null in the export', () => {
    const record = decode({ ...DEFINITION, Tags: null, LockedIcons: null })
    expect(encode(record, { shape: 'rest' }).result).toMatchObject({
      tags: [],
      lockedIcons: [],
      global: false,
    })
    expect(encode(record).result).toMatchObject({ Tags: null, LockedIcons: null })
  })

  it('writes the value of the record where it differs from the original text', () => {
    const record = decode({ ...DEFINITION, CreatedAt: '2021-11-26T11:20:02.820Z', LockedIcons: null })
    const achievement = { ...achievementOf(record), createTime: 0n }
    const { result, losses } = encode({ ...record, achievement })
    expect(result).toMatchObject({ CreatedAt: '1970-01-01T00:00:00Z', LockedIcons: null })
    expect(losses).toEqual([])
  })

  it('makes a double of a whole number that no double holds, and says so', () => {
    const target = 2n ** 53n + 1n
    const { result, losses } = encode(withRequirements([{ ...GOAL, target, valueType: 'integer' }]))
    expect(result['GoalValue']).toBe(2n ** 53n)
    expect(losses).toMatchObject([{ kind: 'coerced', path: '$.achievement.requirements[0]' }])
  })

  it.each<[string, readonly Requirement[]]>([
    ['several requirements', [GOAL, { ...GOAL, id: 'other' }]],
    ['a requirement that falls', [{ ...GOAL, operator: 'at_most' }]],
  ])('leaves %s to the game to unlock', (_, requirements) => {
    const { result, losses } = encode(withRequirements(requirements))
    expect(result).toMatchObject({ Incremental: false, GoalValue: 0, StatCode: '' })
    expect(losses.map(({ kind }) => kind)).toEqual(requirements.map(() => 'dropped'))
  })

  it('shows an icon for both states in both lists', () => {
    const record = decode(DEFINITION)
    const media = [{ role: 'icon' as const, name: 'lit', url: 'lit.png' }]
    const { result, losses } = encode({ ...record, achievement: { ...achievementOf(record), media } })
    expect(result['LockedIcons']).toEqual([{ url: 'lit.png', slug: 'lit' }])
    expect(result['UnlockedIcons']).toEqual(result['LockedIcons'])
    expect(losses).toMatchObject([{ kind: 'coerced', path: '$.achievement.media' }])
  })

  it('writes another text for a description that lacks the default language', () => {
    const record = decode(DEFINITION)
    const description = { locale: 'fr', text: 'Allumez', translations: { de: 'Anzünden' } }
    const { result, losses } = encode({ ...record, achievement: { ...achievementOf(record), description } })
    expect(result['Description']).toEqual({ en: 'Allumez', fr: 'Allumez', de: 'Anzünden' })
    expect(losses.map(({ path }) => path)).toContain('$.achievement.description.locale')
  })

  it('writes the name and goal of a definition beside progress into its row', () => {
    const { achievement } = decode(DEFINITION)
    const { progress, title } = decode({ ...ROW, id: null, latestValue: null, status: 2 })
    const { result } = encode({ title, achievement, progress, summary: undefined }, { purpose: 'progress' })
    expect(result).toMatchObject({ name: DEFINITION['Name'], status: 2, latestValue: 10 })
    expect(result['id']).toMatch(/^[0-9a-f]{24}$/)
  })

  it('writes a percent of the largest goal', () => {
    const { achievement } = decode({ ...DEFINITION, GoalValue: Number.MAX_VALUE })
    const { progress, title } = decode({ ...ROW, latestValue: null })
    const part = { ...(progress as ProgressFacts), percent: 2 }
    const { result } = encode(
      { title, achievement, progress: part, summary: undefined },
      { purpose: 'progress' },
    )
    expect(result['latestValue']).toBeCloseTo(Number.MAX_VALUE / 50, -300)
  })
})

describe('ids', () => {
  it('mints an id of 24 digits that is not taken', () => {
    const seed = { taken: new Set<string>(), time: 17_000_000_000_000_000n, entropy: 2n ** 64n - 1n }
    const first = accelbyte.ids.mint(seed)
    expect(first).toBe('6553f100ffffffffffffffff')
    expect(accelbyte.ids.mint({ ...seed, taken: new Set([first]) })).toBe('6553f1000000000000000000')
  })

  it.each([
    ['harbor-lights', 'harbor-lights'],
    ['Harbor Lights!', 'harbor-lights-000000ff'],
    ['水平線', 'title-000000ff'],
  ])('binds the title %s to the namespace %s', (titleId, namespace) => {
    expect(accelbyte.ids.deriveBinding(titleId, 255n)).toEqual({ namespace })
  })

  it.each([
    ['315a070e48a74dae903d559974e6513d', true],
    ['INVALID', true],
    ['', false],
    ['a\nb', false],
    ['a'.repeat(129), false],
  ])('knows whether %j can be an account', (text, is) => {
    expect(accelbyte.ids.account.accepts(text)).toBe(is)
  })
})

function decode(entry: JsonObject): Canonical {
  return accelbyte.decode(entry, new LossReport(), { locale: 'en', envelope: {} })
}

function encode(record: Canonical, context: Partial<EncodeContext> = {}) {
  const report = new LossReport()
  const defaults: EncodeContext = {
    locale: undefined,
    shape: undefined,
    purpose: record.achievement === undefined ? 'progress' : 'definition',
    account: undefined,
  }
  return { result: accelbyte.encode(record, report, { ...defaults, ...context }), losses: report.losses }
}

function errorOf(entry: JsonObject): DecodeError {
  try {
    decode(entry)
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
  throw new TypeError('expected the entry to be refused')
}

function camelOf(entry: JsonObject): JsonObject {
  const members = Object.entries(entry)
  return Object.fromEntries(
    members.map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]),
  )
}

function achievementOf({ achievement }: Canonical): Achievement {
  if (achievement === undefined) throw new TypeError('expected a definition')
  return achievement
}

function withRequirements(requirements: readonly Requirement[]): Canonical {
  const record = decode(DEFINITION)
  return { ...record, achievement: { ...achievementOf(record), requirements } }
}
