import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Rational, toRational } from '../../../model/quantity.ts'
import { percentReader, stepsReader } from './numbers.ts'

/** Returns the exact value of plain decimal text. */
function exact(text: string): Rational {
  const [whole = '0', fraction = ''] = text.split('.')
  return { numerator: BigInt(whole + fraction), denominator: 10n ** BigInt(fraction.length) }
}

function isSame(left: Rational, right: Rational): boolean {
  return left.numerator * right.denominator === right.numerator * left.denominator
}

describe('a percent', () => {
  test('that is a fraction of two digits is the same number, which floating point misses', () => {
    const read = percentReader('f', 'fraction', 1)
    const percents = Array.from({ length: 101 }, (_, percent) => percent)
    expect(percents.map((percent) => read(percent / 100))).toEqual(percents)
    expect(percents.filter((percent) => (percent / 100) * 100 !== percent).length).toBeGreaterThan(5)
  })

  test('is multiplied by a scale exactly', () => {
    const read = percentReader('f', 'percent', 0.01)
    const points = Array.from({ length: 10_001 }, (_, point) => point)
    expect(points.map((point) => read(point))).toEqual(points.map((point) => Number(`${point}e-2`)))
  })

  test.each([
    ['99.99999999999999999999', 99.99999999999999],
    ['0.0099999999999999999999e4', 99.99999999999999],
    ['100.000', 100],
    ['1e2', 100],
    ['+50', 50],
    ['.5', 0.5],
    ['5.', 5],
    ['-0', 0],
    ['1e-400', 0],
    [3n, 3],
  ])('%s is %d: less than a hundred is never rounded to an unlock', (value, percent) => {
    expect(percentReader('f', 'percent', 1)(value)).toBe(percent)
  })

  test.each(['1e999', '100.1', '-0.1', '1e9999', '0x10', '1_000', '1 0', '--1', 'e5', '½'])(
    '%s is refused',
    (value) => {
      expect(() => percentReader('f', 'percent', 1)(value)).toThrow('f: must be a number from 0 to 100')
    },
  )
})

describe('a value in steps', () => {
  test('is its exact decimal text, whatever its format and scale', () => {
    const decimals = fc.tuple(
      fc.constantFrom('', '-', '+'),
      fc.stringMatching(/^\d{1,12}$/),
      fc.stringMatching(/^\d{0,12}$/),
      fc.integer({ min: -6, max: 6 }),
    )
    fc.assert(
      fc.property(
        decimals,
        fc.constantFrom(1, 0.01, 100, 2.5, 1 / 3),
        ([sign, whole, fraction, exponent], scale) => {
          const text = stepsReader('n', scale)(`${sign}${whole}.${fraction}e${exponent}`) as string
          const factor = toRational(scale)
          const value = exact(`${sign}${whole}.${fraction}`)
          const power = 10n ** BigInt(Math.abs(exponent))
          const expected = {
            numerator: value.numerator * factor.numerator * (exponent < 0 ? 1n : power),
            denominator: value.denominator * factor.denominator * (exponent < 0 ? power : 1n),
          }
          expect(text).toMatch(/^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/)
          return isSame(exact(text), expected)
        },
      ),
    )
  })

  test('is the double of a JSON number', () => {
    const doubles = fc.double({ min: -(2 ** 62), max: 2 ** 62, noNaN: true })
    fc.assert(fc.property(doubles, (value) => Number(stepsReader('n', 1)(value)) === value))
  })

  test.each([
    [9223372036854775807n, '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['007', '7'],
    ['0e9999', '0'],
    ['-0.0', '0'],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('%s is %s', (value, text) => {
    expect(stepsReader('n', 1)(value)).toBe(text)
  })

  test.each([
    9223372036854775808n,
    '-9223372036854775809',
    '1e19',
    '1e9999',
    '1e-9999',
    1e300,
    '9'.repeat(400),
  ])('%s is refused', (value) => {
    expect(() => stepsReader('n', 1)(value)).toThrow('n: must be a number of 64 bits')
  })
})
