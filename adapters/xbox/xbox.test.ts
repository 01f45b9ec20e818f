import { describe, expect, it } from 'vitest'
import type { Canonical, EncodeContext } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { LossReport } from '../../src/dialect/losses.ts'
import { encodeEntry } from '../../src/dialect/translate.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import { parseInstant } from '../../src/model/instant.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { ZERO_ID } from './formats.ts'
import { xbox } from './index.ts'

const BINDING = { service_config_id: '00000000-0000-0000-0000-00007f3c91a2', title_id: '2134675874' }

function decode(entry: JsonObject, envelope: JsonObject = {}): Canonical {
  return xbox.decode(entry, new LossReport(), { locale: 'en', envelope })
}

function encode(
  record: Canonical,
  context: Partial<EncodeContext> = {},
  losses = new LossReport(),
): JsonObject {
  const defaults = { locale: undefined, shape: undefined, purpose: 'progress', account: undefined } as const
  return xbox.encode(record, losses, { ...defaults, ...context })
}

function lossesOf(record: Canonical, context: Partial<EncodeContext> = {}): readonly string[] {
  const report = new LossReport()
  encode(record, context, report)
  return report.losses.map(({ kind, path }) => `${kind} ${path}`)
}

function problemOf(entry: JsonObject): string {
  try {
    decode(entry)
  } catch (error) {
    if (error instanceof DecodeError) return error.message
    throw error
  }
  return 'none'
}

function entryWith(members: JsonObject): JsonObject {
  return { id: '1', name: 'One', progressState: 'NotStarted', progression: { requirements: [] }, ...members }
}

function requirement(members: JsonObject): JsonObject {
  return entryWith({ progressState: 'InProgress', progression: { requirements: [{ id: 'r', ...members }] } })
}

/** A record that never saw Xbox. */
const made: Canonical = {
  ...decode({ id: '1', name: 'One' }),
  title: { binding: BINDING, displayName: 'Lanternfall', extensions: {} },
}

function recordWith(
  achievement: Partial<Achievement>,
  progress: Partial<Canonical['progress']> = {},
): Canonical {
  return {
    ...made,
    achievement: { ...(made.achievement as Achievement), ...achievement },
    progress: { ...(made.progress as NonNullable<Canonical['progress']>), ...progress },
  }
}

describe('an achievement', () => {
  it('is written with every member that strict clients require', () => {
    expect(encode(made)).toEqual({
      id: '1',
      serviceConfigId: BINDING.service_config_id,
      name: 'One',
      titleAssociations: [{ name: 'Lanternfall', id: 2134675874 }],
      progressState: 'NotStarted',
      progression: {
        requirements: [
          {
            id: ZERO_ID,
            current: '0',
            target: '100',
            operationType: 'Sum',
            valueType: 'Integer',
            ruleParticipationType: 'Individual',
          },
        ],
        timeUnlocked: '0001-01-01T00:00:00.0000000Z',
      },
      mediaAssets: [],
      platforms: [],
      isSecret: false,
      description: '',
      lockedDescription: '',
      productId: '',
      achievementType: 'Persistent',
      participationType: 'Individual',
      timeWindow: null,
      rewards: [],
      estimatedTime: '00:00:00',
      deeplink: null,
      isRevoked: false,
    })
  })

  it('is read without anything but an id and a name', () => {
    const { title, achievement, progress } = decode({ id: 5, name: 'Five' })
    expect(title.binding).toBeUndefined()
    expect(achievement?.ids).toEqual({ xbox: '5' })
    expect(progress).toMatchObject({ achievementId: '5', state: 'not_started', percent: 0 })
  })

  it('says the language that is asked for, and reports the others', () => {
    const name = { locale: 'en', text: 'Light', translations: { de: 'Licht', fr: 'Lumière' } }
    expect(encode(recordWith({ name }), { locale: 'de' })['name']).toBe('Licht')
    expect(lossesOf(recordWith({ name }), { locale: 'de' })).toContain(
      'dropped $.achievement.name.translations.fr',
    )
  })

  it('shows the unlocked icon as the icon', () => {
    const icon = (role: 'locked_icon' | 'unlocked_icon') => ({
      role,
      name: role,
      url: 'https://example.test',
    })
    const types = (media: Achievement['media']) =>
      (encode(recordWith({ media }))['mediaAssets'] as readonly JsonObject[]).map(({ type }) => type)
    expect(types([icon('locked_icon'), icon('unlocked_icon')])).toEqual(['Other', 'Icon'])
    expect(types([icon('locked_icon')])).toEqual(['Icon'])
  })

  it('of Xbox 360 has a gamerscore of nine digits at most, and refuses a larger sum with a reason', () => {
    const none = { name: undefined, description: undefined, media: undefined }
    const reward = { kind: 'gamerscore', value: '999999999', ...none } as const
    const write = (rewards: Achievement['rewards']) => {
      const context = {
        locale: undefined,
        shape: 'legacy',
        purpose: 'definition',
        account: undefined,
      } as const
      const identities = { binding: () => ({}), achievementId: () => '1' }
      return encodeEntry(xbox, recordWith({ rewards }), context, identities).result
    }
    expect(write([reward])).toMatchObject({ gamerscore: 999_999_999 })
    expect(() => write([reward, { ...reward, value: '1' }])).toThrow(/achievement 1.*gamerscore.*9 digits/)
  })

  it('distinguishes a time of zero from an absent one', () => {
    expect(decode(entryWith({ estimatedTime: '00:00:00' })).achievement?.estimatedTime).toBeUndefined()
    expect(decode(encode(recordWith({ estimatedTime: 0n }))).achievement?.estimatedTime).toBe(0n)
  })

  it.each(['achievement', 'Achievement'])('is found in its wrapper "%s", and errors name it', (wrapper) => {
    expect(decode({ [wrapper]: entryWith({}) })).toEqual(decode(entryWith({})))
    expect(problemOf({ [wrapper]: entryWith({ isSecret: 1 }) })).toContain(`$.${wrapper}.isSecret: `)
  })
})

describe('progress', () => {
  it('shows no unlock before the unlock', () => {
    const unlockTime = parseInstant('2020-01-01T00:00:00Z')
    const entry = encode(recordWith({}, { state: 'in_progress', percent: 100, unlockTime }))
    expect(entry['progression']).toMatchObject({
      requirements: [{ current: '99' }],
      timeUnlocked: '0001-01-01T00:00:00.0000000Z',
    })
    const percents = encode(recordWith({}, { state: 'in_progress', percent: 100 }), { shape: 'update' })
    expect(percents['achievements']).toEqual([{ id: '1', percentComplete: 99 }])
  })

  it('keeps every digit of the unlock time, and knows when there is none', () => {
    const timeIn = (timeUnlocked: string) =>
      decode(entryWith({ progressState: 'Achieved', progression: { timeUnlocked } })).progress?.unlockTime
    expect(timeIn('2013-01-17T03:19:00.3087016Z')).toBe(parseInstant('2013-01-17T03:19:00.3087016Z'))
    expect(timeIn('2013-01-17T03:19:00')).toBe(parseInstant('2013-01-17T03:19:00Z'))
    for (const never of ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000', '1753-01-01T00:00:00.0000000Z']) {
      expect(timeIn(never)).toBeUndefined()
    }
  })

  it('of an unlock drops a spelling that the locked one had', () => {
    const { achievement, progress, ...rest } = decode(
      entryWith({ progression: { requirements: [{ id: ZERO_ID, current: null, target: '100' }] } }),
    )
    if (progress === undefined) throw new TypeError('an entry gives progress')
    const reached = (percent: number) => ({ ...rest, achievement, progress: { ...progress, percent } })
    expect(encode(reached(0))['progression']).toMatchObject({ requirements: [{ current: null }] })
    expect(encode(reached(7))['progression']).toMatchObject({ requirements: [{ current: '7' }] })
  })

  it('reads odd numbers, and refuses a target that is none', () => {
    const read = (members: JsonObject) => decode(requirement(members))
    expect(read({ current: '8.0', target: '08' }).progress?.values).toEqual({ r: 8n })
    expect(read({ current: '7.9', target: '10' }).progress).toMatchObject({ values: { r: 7n }, percent: 70 })
    expect(read({ current: '8', target: '0', valueType: 'Double' }).progress?.values).toEqual({ r: 8 })
    expect(read({ current: 'many', target: '3' }).progress?.values).toEqual({})
    expect(problemOf(requirement({ target: 'all' }))).toContain('$.progression.requirements[0].target: ')
  })

  it.each(['__proto__', 'Invalid', ''])('in the state "%s" counts as not started', (progressState) => {
    const record = decode(entryWith({ progressState }))
    expect(record.progress?.state).toBe('not_started')
    expect(encode(record)['progressState']).toBe(progressState)
  })

  it('refuses a requirement that stands twice', () => {
    const twice = { id: 'r', target: '1' }
    expect(problemOf(entryWith({ progression: { requirements: [twice, twice] } }))).toContain('stands twice')
  })

  it.each(['__proto__', 'constructor', 'toString'])('takes a requirement named %s', (id) => {
    const entry = entryWith({ progression: { requirements: [{ id, current: null, target: '2' }] } })
    expect(decode(entry).progress?.percent).toBe(0)
  })
})

describe('an extension', () => {
  it('never overrides a changed value', () => {
    const before = decode(requirement({ current: '1', target: '5', operationType: 'MAXIMUM' }))
    const [only] = before.achievement?.requirements ?? []
    if (before.achievement === undefined || only === undefined)
      throw new TypeError('an entry gives a definition')
    const operationIn = (record: Canonical) =>
      (encode(record)['progression'] as { requirements: readonly JsonObject[] }).requirements[0]?.[
        'operationType'
      ]
    expect(operationIn(before)).toBe('MAXIMUM')
    const requirements = [{ ...only, operator: 'at_most' as const }]
    expect(operationIn({ ...before, achievement: { ...before.achievement, requirements } })).toBe('Minimum')
  })

  it('that claims to mean something else is dropped', () => {
    const lie = { at: ['name'], ours: 'One', theirs: 'Another' }
    const extensions = { xbox: { $spelled: [lie], percentComplete: 3, name: 'Third', rarity: { a: 1 } } }
    expect(encode(recordWith({ extensions }))).toEqual({
      ...encode(made),
      percentComplete: 3,
      rarity: { a: 1 },
    })
    expect(lossesOf(recordWith({ extensions }))).toContain('dropped $.achievement.extensions.xbox.name')
  })

  it('of Xbox 360 goes where the shape has a place for it', () => {
    const legacy = decode({
      id: 2,
      titleId: 7,
      name: 'Two',
      unlocked: true,
      gamerscore: 5,
      imageId: 9,
      flags: 3,
    })
    expect(encode(legacy)).toMatchObject({ id: 2, titleId: 7, imageId: 9, flags: 3, gamerscore: 5 })
    expect(encode(legacy, { shape: 'achievement' })).toMatchObject({ id: '2', progressState: 'Achieved' })
  })
})

describe('an update', () => {
  const request = {
    action: 'progressUpdate',
    serviceConfigId: BINDING.service_config_id,
    titleId: 2134675874,
  }

  it('is read from a list with the members beside it', () => {
    const record = decode({ id: 1, percentComplete: '29' }, { ...request, userId: '2814616665090001' })
    expect(record.title.binding).toEqual(BINDING)
    expect(record.progress).toMatchObject({ account: '2814616665090001', state: 'in_progress', percent: 29 })
    expect(encode(record)).toEqual({
      ...request,
      userId: '2814616665090001',
      achievements: [{ id: '1', percentComplete: 29 }],
    })
  })

  it('is cut to whole percent, and above 100 acts as 100', () => {
    expect(decode({ id: '1', percentComplete: 33.9 }).progress?.percent).toBe(33)
    expect(decode({ id: '1', percentComplete: 250 }).progress).toMatchObject({
      state: 'achieved',
      percent: 100,
    })
    expect(problemOf({ id: '1', percentComplete: -1 })).toContain('$.percentComplete: ')
  })

  it('is of the player that is asked for', () => {
    expect(encode(made, { shape: 'update', account: '77' })['userId']).toBe('77')
  })

  it('in a list of requests has one achievement', () => {
    const one = { id: '1', percentComplete: 5 }
    expect(problemOf({ ...request, achievements: [one, one] })).toContain(
      '$.achievements: expected exactly one',
    )
  })
})
