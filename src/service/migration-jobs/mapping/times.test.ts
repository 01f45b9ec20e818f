import fc from 'fast-check'
import { DateTime, IANAZone } from 'luxon'
import { describe, expect, test } from 'vitest'
import {
  formatInstant,
  instantFromMilliseconds,
  LATEST_INSTANT,
  parseInstant,
} from '../../../model/instant.ts'
import type { JsonValue } from '../../../model/json.ts'
import type { MappedTime } from '../../../model/migration-mapping.ts'
import { patternParser } from './time-pattern.ts'
import { localTimesOf } from './time-zones.ts'
import { timeReader } from './times.ts'

const TIME: MappedTime = { field: 'at', format: 'rfc3339', pattern: '', timeZone: '', unknownTexts: [] }

function read(time: Partial<MappedTime>, value: JsonValue | undefined, latest = LATEST_INSTANT) {
  const instant = timeReader({ ...TIME, ...time }, latest)(value)
  return instant === undefined ? undefined : formatInstant(instant)
}

const SECONDS = { format: 'unix_seconds' } as const
const MILLISECONDS = { format: 'unix_milliseconds' } as const
const TICKS = { format: 'ticks' } as const
const NEW_YORK = { timeZone: 'America/New_York' } as const
const pattern = (text: string) => ({ format: 'pattern', pattern: text }) as const

describe('a time', () => {
  test.each<[Partial<MappedTime>, JsonValue, string]>([
    [{}, '2013-01-17T03:19:00.3087016Z', '2013-01-17T03:19:00.3087016Z'],
    [{}, ' 2013-01-17 03:19:00 ', '2013-01-17T03:19:00Z'],
    [{}, '2013-01-17 03:19:00+00', '2013-01-17T03:19:00Z'],
    [{}, '2013-01-17 03:19:00.25-05', '2013-01-17T08:19:00.25Z'],
    [{}, '2013-01-17 03:19:00 UTC', '2013-01-17T03:19:00Z'],
    [NEW_YORK, '2013-01-17T03:19:00', '2013-01-17T08:19:00Z'],
    [NEW_YORK, '2013-07-17T03:19:00.0000001', '2013-07-17T07:19:00.0000001Z'],
    [NEW_YORK, '2013-07-17T03:19:00Z', '2013-07-17T03:19:00Z'],
    [NEW_YORK, '2013-07-17T03:19:00+02:00', '2013-07-17T01:19:00Z'],
    [NEW_YORK, '2013-03-10T01:59:59', '2013-03-10T06:59:59Z'],
    [NEW_YORK, '2013-03-10T03:00:00', '2013-03-10T07:00:00Z'],
    [NEW_YORK, '2013-11-03T03:00:00', '2013-11-03T08:00:00Z'],
    [{ timeZone: 'Asia/Kathmandu' }, '2013-11-03T03:00:00', '2013-11-02T21:15:00Z'],
    [SECONDS, 1_680_352_424, '2023-04-01T12:33:44Z'],
    [SECONDS, '1680352424', '2023-04-01T12:33:44Z'],
    [SECONDS, 1_680_352_424.5, '2023-04-01T12:33:44.5Z'],
    [SECONDS, '1680352424.12345678', '2023-04-01T12:33:44.1234567Z'],
    [MILLISECONDS, 1_680_352_424_471, '2023-04-01T12:33:44.471Z'],
    [MILLISECONDS, '1680352424471.9', '2023-04-01T12:33:44.4719Z'],
    [TICKS, '638159492241234567', '2023-04-01T12:33:44.1234567Z'],
    [pattern('yyyy-MM-dd HH:mm:ss'), '2023-04-01 12:33:44', '2023-04-01T12:33:44Z'],
    [pattern('dd/MM/yyyy'), '01/04/2023', '2023-04-01T00:00:00Z'],
    [{ ...pattern('M/d/yyyy h:mm a'), ...NEW_YORK }, '4/1/2023 8:33 AM', '2023-04-01T12:33:00Z'],
    [{ ...pattern('d LLL yyyy HH:mm ZZ'), ...NEW_YORK }, '1 Apr 2023 12:33 +02:00', '2023-04-01T10:33:00Z'],
    [pattern("'on' yyyy-MM-dd 'at' HH'h'mm"), 'on 2023-04-01 at 12h33', '2023-04-01T12:33:00Z'],
    [pattern('yyyyMMdd'), 20230401, '2023-04-01T00:00:00Z'],
  ])('in the form %j of %j is %s', (time, value, expected) => {
    expect(read(time, value)).toBe(expected)
  })

  test.each<[Partial<MappedTime>, JsonValue | undefined]>([
    [{}, undefined],
    [{}, null],
    [{}, ''],
    [{}, '  '],
    [{}, '0001-01-01T00:00:00.0000000Z'],
    [{}, '1601-01-01T00:00:00Z'],
    [{}, '1753-01-01T00:00:00'],
    [{}, '1900-01-01T00:00:00Z'],
    [{}, '1970-01-01T00:00:00Z'],
    [{}, '1982-12-15T00:00:00Z'],
    [{}, '2002-11-15T00:00:00.0000000Z'],
    [{}, '9999-12-31T23:59:59.9999999Z'],
    [SECONDS, 0],
    [SECONDS, '0'],
    [SECONDS, -1],
    [SECONDS, -62_135_596_800],
    [MILLISECONDS, 0],
    [MILLISECONDS, 3_600_000],
    [TICKS, 0],
    [pattern('yyyy-MM-dd'), '1970-01-01'],
    [{ unknownTexts: ['never', '2007-10'] }, 'never'],
    [{ unknownTexts: ['2007-10'] }, '2007-10-01T00:00:00Z'],
    [{ unknownTexts: ['2007-10'] }, '2007-10-31T23:59:59.9999999Z'],
    [{ unknownTexts: ['2007-10-09'], ...NEW_YORK }, '2007-10-10T03:59:59Z'],
    [{ unknownTexts: ['2007-10-09T07:00:00Z'] }, '2007-10-09T09:00:00+02:00'],
    [{ ...SECONDS, unknownTexts: ['2147483647'] }, 2_147_483_647],
  ])('in the form %j of %j is unknown', (time, value) => {
    expect(read(time, value, parseInstant('2030-01-01T00:00:00Z'))).toBeUndefined()
  })

  test.each<[Partial<MappedTime>, JsonValue]>([
    [{ unknownTexts: ['2007-10'] }, '2007-11-01T00:00:00Z'],
    [{ unknownTexts: ['2007-10'] }, '2007-09-30T23:59:59Z'],
    [{ unknownTexts: ['2007-10-09'], ...NEW_YORK }, '2007-10-10T04:00:00Z'],
    [{ unknownTexts: ['constructor'] }, '2007-10-10T04:00:00Z'],
  ])('in the form %j of %j is known', (time, value) => {
    expect(read(time, value)).toBe(value)
  })

  test.each<[Partial<MappedTime>, JsonValue, string]>([
    [
      {},
      '2013-02-30T00:00:00Z',
      'a time in RFC 3339, such as 2023-04-01T12:33:44Z, and is "2013-02-30T00:00:00Z"',
    ],
    [{}, '01/04/2023', 'a time in RFC 3339, such as 2023-04-01T12:33:44Z, and is "01/04/2023"'],
    [{}, 1_680_352_424, 'a time in RFC 3339, such as 2023-04-01T12:33:44Z, and is 1680352424'],
    [{}, true, 'a time in RFC 3339, such as 2023-04-01T12:33:44Z, and is true'],
    [{}, '2031-01-01T00:00:00Z', 'not in the future (2031-01-01T00:00:00Z), and is "2031-01-01T00:00:00Z"'],
    [SECONDS, '1.68E+09', 'seconds since 1970, in digits, and is "1.68E+09"'],
    [SECONDS, 1_680_352_424_471, 'seconds since 1970, in digits, and is 1680352424471'],
    [MILLISECONDS, 1_680_352_424, 'milliseconds since 1970, in digits, and is 1680352424'],
    [TICKS, 1_680_352_424, '100 ns since the year 1, in digits, and is 1680352424'],
    [TICKS, 1_680_352_424_471, '100 ns since the year 1, in digits, and is 1680352424471'],
    [TICKS, '1'.repeat(5000), `100 ns since the year 1, in digits, and is "${'1'.repeat(60)}…"`],
    [pattern('yyyy-MM-dd'), '2023-4-1', 'a time in the form yyyy-MM-dd, and is "2023-4-1"'],
    [pattern('yyyy-MM-dd'), '2023-02-29', 'a time in the form yyyy-MM-dd, and is "2023-02-29"'],
    [pattern('d LLL yyyy'), '1 Foo 2023', 'a time in the form d LLL yyyy, and is "1 Foo 2023"'],
  ])('in the form %j of %j is refused', (time, value, problem) => {
    expect(() => read(time, value, parseInstant('2030-01-01T00:00:00Z'))).toThrow(problem)
  })
})

const times = fc.date({ min: new Date('2005-01-02'), max: new Date('2035-01-01'), noInvalidDate: true })
const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Pacific/Apia',
)

test('a local time is that of a clock in the zone', () => {
  fc.assert(
    fc.property(times, zones, (time, zone) => {
      const shown = DateTime.fromJSDate(time, { zone })
      const local = instantFromMilliseconds(shown.setZone('utc', { keepLocalTime: true }).toMillis())
      const found = Number(localTimesOf(zone)(local) / 10_000n)
      // Clocks show an hour twice in a year: either of the two instants shows the same time.
      const again = DateTime.fromMillis(found, { zone })
      expect(again.toFormat('yyyy-MM-dd HH:mm:ss.SSS')).toBe(shown.toFormat('yyyy-MM-dd HH:mm:ss.SSS'))
    }),
  )
})

test('a pattern of digits alone reads like Luxon', () => {
  const patterns = fc.constantFrom(
    'yyyy-MM-dd HH:mm:ss.SSS',
    'dd.MM.yyyy',
    'HH:mm yyyy/MM/dd',
    "yyyy'T'MM'T'dd",
  )
  fc.assert(
    fc.property(times, patterns, (time, form) => {
      const text = DateTime.fromJSDate(time, { zone: 'utc' }).toFormat(form)
      const expected = DateTime.fromFormat(text, form, { zone: 'utc' }).toMillis()
      expect(patternParser(form, 'UTC')(text)).toBe(instantFromMilliseconds(expected))
    }),
  )
})

test('names of zones in texts do not stay in memory', () => {
  const read = patternParser('yyyy-MM-dd z', 'UTC')
  const known = IANAZone.create('Zone/Hostile')
  expect(IANAZone.create('Zone/Hostile')).toBe(known)
  for (let index = 0; index < 1_000; index += 1) read(`2020-01-02 Zone/Hostile${index}`)
  expect(IANAZone.create('Zone/Hostile')).not.toBe(known)
})
