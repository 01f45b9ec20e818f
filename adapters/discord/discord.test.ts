import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Canonical, EncodeContext } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { LossReport } from '../../src/dialect/losses.ts'
import { parseInstant } from '../../src/model/instant.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { discord } from './index.ts'

const CONTEXT = { locale: 'en-US', envelope: {} }
const DEFINITION = {
  application_id: '498112233445566778',
  name: { default: 'First Light', localizations: { no: 'Første lys' } },
  description: { default: 'Light a beacon.' },
  secret: false,
  icon_hash: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  id: '612233445566778899',
  secure: true,
}
const PROGRESS = { user_id: '80351110224678912', achievement_id: '612233445566778899', percent_complete: 40 }

function decode(entry: JsonObject): Canonical {
  return discord.decode(entry, new LossReport(), CONTEXT)
}

function encode(record: Canonical, context: Partial<EncodeContext> = {}) {
  const report = new LossReport()
  const defaults = { locale: undefined, shape: undefined, purpose: 'definition', account: undefined } as const
  const entry = discord.encode(record, report, { ...defaults, ...context })
  return { entry, losses: report.losses.map(({ kind, path }) => `${kind} ${path}`) }
}

describe('definitions', () => {
  it('are written in the shape of the other version when that is asked for', () => {
    const { entry, losses } = encode(decode(DEFINITION), { shape: 'v10' })
    expect(entry).toEqual({
      ...DEFINITION,
      name: 'First Light',
      name_localizations: { no: 'Første lys' },
      description: 'Light a beacon.',
      description_localizations: null,
    })
    expect(losses).toEqual([])
    expect(encode(decode(entry)).entry).toEqual(entry)
    expect(encode(decode(entry), { shape: 'v6' }).entry).toEqual(DEFINITION)
  })

  it('drop an original text that no longer means the value of the record', () => {
    const flat = { ...DEFINITION, name: { default: 'First Light', de: 'Erstes Licht' }, id: 77, secret: null }
    const { achievement, ...rest } = decode(flat)
    if (achievement === undefined) throw new TypeError('expected a definition')
    const renamed = { ...achievement, name: { ...achievement.name, text: 'Dawn' }, hidden: true }
    const { entry } = encode({ ...rest, achievement: renamed })
    expect(entry['name']).toEqual({ default: 'Dawn', localizations: { de: 'Erstes Licht' } })
    expect(entry['secret']).toBe(true)
    expect(entry['id']).toBe(77)
  })

  it('lose a language that Discord does not know, compared exactly', () => {
    const { achievement, ...rest } = decode(DEFINITION)
    if (achievement === undefined) throw new TypeError('expected a definition')
    const name = {
      ...achievement.name,
      translations: { nb: 'Lys', no: 'Lys', 'de-DE': 'Licht', de: 'Licht' },
    }
    const { entry, losses } = encode({ ...rest, achievement: { ...achievement, name } })
    expect(entry['name']).toEqual({ default: 'First Light', localizations: { no: 'Lys', de: 'Licht' } })
    expect(losses).toEqual([
      'dropped $.achievement.name.translations.no',
      'dropped $.achievement.name.translations["de-DE"]',
    ])
  })

  it.each([
    ['a rounded id', { ...DEFINITION, id: 612_233_445_566_778_899n }, '$.id: expected an id as a string'],
    ['an id past 64 bits', { ...DEFINITION, id: '9223372036854775808' }, '$.id: expected an id'],
    ['a body without an id', { name: 'New' }, '$.id: expected an id'],
    ['a text without a default', { ...DEFINITION, name: { de: 'Licht' } }, '$.name: expected a text'],
    [
      'another id beside it',
      { ...DEFINITION, ...PROGRESS, achievement_id: '5' },
      '$.achievement_id: expected',
    ],
    ['neither', { colour: 'red' }, '$: expected an achievement'],
  ])('are refused with %s', (_, entry, message) => {
    expect(() => decode(entry)).toThrow(DecodeError)
    expect(() => decode(entry)).toThrow(message)
  })
})

describe('progress', () => {
  it.each([-1, 101, 2.5, '50', null])('is refused with a percent of %j', (percent) => {
    expect(() => decode({ ...PROGRESS, percent_complete: percent })).toThrow(
      '$.percent_complete: expected a percent',
    )
  })

  it('has no unlock time before all requirements are met', () => {
    const entry = { ...PROGRESS, unlocked_at: '2019-11-19T18:03:11.471000+00:00' }
    const record = decode(entry)
    expect(record.progress?.unlockTime).toBeUndefined()
    expect(encode(record).entry).toEqual(entry)
  })

  it('is written in microseconds, and says when that cut a digit', () => {
    const record = decode({ ...PROGRESS, percent_complete: 100 })
    const unlockTime = parseInstant('2013-01-17T03:19:00.3087016Z')
    const unlocked = { ...record, progress: record.progress && { ...record.progress, unlockTime } }
    const { entry, losses } = encode(unlocked, { purpose: 'progress' })
    expect(entry['unlocked_at']).toBe('2013-01-17T03:19:00.308701+00:00')
    expect(losses).toEqual(['coerced $.progress.unlockTime'])
  })

  it('stands beside its definition unless progress alone is asked for', () => {
    const record = decode({ ...DEFINITION, ...PROGRESS })
    expect(encode(record).entry).toEqual({ ...DEFINITION, ...PROGRESS })
    expect(encode(record, { purpose: 'progress' }).entry).toEqual(PROGRESS)
    expect(encode(record, { purpose: 'progress', account: '5' }).entry).toEqual({ ...PROGRESS, user_id: '5' })
  })
})

it('reads any object as a record or an error with a path', () => {
  const members = fc.dictionary(
    fc.constantFrom(...Object.keys({ ...DEFINITION, ...PROGRESS })),
    fc.jsonValue(),
  )
  fc.assert(
    fc.property(members, fc.boolean(), (changes, isDefinition) => {
      const entry = { ...(isDefinition ? DEFINITION : PROGRESS), ...changes } as JsonObject
      try {
        encode(decode(entry))
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }),
  )
})

describe('ids', () => {
  it.each([
    ['of today', 17_000_000_000_000_000n],
    ['before Discord', 0n],
    ['of the year 9999', 253_402_300_799n * 10_000_000n],
  ])('%s have 17 to 19 digits, fit 64 bits and are new', (_, time) => {
    const taken = new Set<string>()
    for (let count = 0; count < 3; count++) {
      const id = discord.ids.mint({ taken, time, entropy: 2n ** 64n - 1n })
      expect(id).toMatch(/^\d{17,19}$/)
      expect(discord.ids.account.accepts(id)).toBe(true)
      expect(taken.has(id)).toBe(false)
      taken.add(id)
    }
  })

  it('of players are snowflakes', () => {
    expect(['1', '9223372036854775807'].every(discord.ids.account.accepts)).toBe(true)
    expect(['', '0', '007', '9223372036854775808', '1e5', 'ada'].some(discord.ids.account.accepts)).toBe(
      false,
    )
  })
})
