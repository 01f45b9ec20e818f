import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EARLIEST_INSTANT, formatInstant, LATEST_INSTANT, parseInstant } from './instant.ts'

describe('an instant', () => {
  test('keeps all 7 digits', () => {
    const text = '2013-01-17T03:19:00.3087016Z'
    expect(formatInstant(parseInstant(text) as bigint, 7)).toBe(text)
  })

  test('reads back as itself, from year 1 to year 9999', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: EARLIEST_INSTANT, max: LATEST_INSTANT }), (instant) => {
        expect(parseInstant(formatInstant(instant))).toBe(instant)
        expect(parseInstant(formatInstant(instant, 7))).toBe(instant)
      }),
    )
  })

  test('has the calendar of Date', () => {
    const [earliest, latest] = [EARLIEST_INSTANT, LATEST_INSTANT].map((instant) => Number(instant / 10_000n))
    fc.assert(
      fc.property(fc.integer({ min: earliest as number, max: latest as number }), (milliseconds) => {
        const text = new Date(milliseconds).toISOString()
        expect(formatInstant(BigInt(milliseconds) * 10_000n, 3)).toBe(text)
        expect(parseInstant(text)).toBe(BigInt(milliseconds) * 10_000n)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['0001-01-01T00:00:00Z', EARLIEST_INSTANT],
    ['1970-01-01T00:00:00', 0n],
    ['1970-01-01T02:00:00+02:00', 0n],
    ['1970-01-01T00:00:00.00000019Z', 1n],
    ['1969-12-31T23:59:59.9999999Z', -1n],
  ])('%s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant)
  })

  test.each([
    '',
    '2013',
    '2013-02-29T00:00:00Z',
    '2013-13-01T00:00:00Z',
    '2013-01-17T24:00:00Z',
    '2013-01-17T23:59:60Z',
    '2013-01-17 noon',
    '0001-01-01T00:00:00+01:00',
    '2013-01-17T03:19:00.Z',
    '2013-01-17T03:19:00+99:00',
  ])('is not %j', (text) => {
    expect(parseInstant(text)).toBeUndefined()
  })

  test('is written with the given count of digits, finer ones truncated', () => {
    const instant = parseInstant('2020-05-20T04:49:50.8200000Z') as bigint
    expect(formatInstant(instant)).toBe('2020-05-20T04:49:50.82Z')
    expect(formatInstant(instant, 3)).toBe('2020-05-20T04:49:50.820Z')
    expect(formatInstant(instant, 0)).toBe('2020-05-20T04:49:50Z')
  })
})
