import type { JsonValue } from '../../../model/json.ts'
import { FieldError } from '../../lines/field-error.ts'

/** Characters of a number, as it stands in the input and as plain decimal text. */
const MAX_CHARACTERS = 400
const MAX_INTEGER = 2n ** 63n - 1n
const MIN_INTEGER = -(2n ** 63n)
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/
const SHORT_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/
/** The largest double below 100: a percent that only rounding makes 100 must not unlock. */
const ALMOST_ALL = 99.99999999999999

/** The number `digits` x 10^`exponent`. */
interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

const ONE: Decimal = { digits: 1n, exponent: 0 }

/** Returns a reader of percents: undefined for an empty value. Decimal numbers are scaled exactly: a fraction of 0.29 is 29 percent. */
export function percentReader(
  field: string,
  unit: 'percent' | 'fraction',
  scale: number,
): (value: JsonValue | undefined) => number | undefined {
  const scaled = decimalOf(String(scale)) ?? ONE
  const factor = { ...scaled, exponent: scaled.exponent + (unit === 'fraction' ? 2 : 0) }
  const most = unit === 'fraction' ? 'a number from 0 to 1' : 'a number from 0 to 100'
  const expected = scale === 1 ? most : `${most} once it is multiplied by ${scale}`
  const isPlain = factor.digits === 1n && factor.exponent === 0
  return (value) => {
    if (isPlain && typeof value === 'number' && value >= 0 && value <= 100) return value
    const text = decimalText(field, expected, value)
    if (text === undefined) return undefined
    const percent = isPlain ? Number(text) : numberOf(multiply(text, factor))
    if (!(percent >= 0 && percent <= 100)) throw new FieldError(field, expected, value)
    return percent === 100 && !isAtLeastHundred(multiply(text, factor)) ? ALMOST_ALL : percent + 0
  }
}

/** Returns a reader of values of a requirement, as plain decimal text; undefined for an empty value. */
export function stepsReader(
  field: string,
  scale: number,
): (value: JsonValue | undefined) => string | undefined {
  const factor = decimalOf(String(scale)) ?? ONE
  return (value) => {
    const text = decimalText(field, 'a number', value)
    if (text === undefined || (scale === 1 && SHORT_INTEGER.test(text))) return text
    const plain = plainText(multiply(text, factor))
    if (plain !== undefined) return plain
    throw new FieldError(field, 'a number of 64 bits with at most 400 digits', value)
  }
}

/** Returns the text of a decimal number; undefined for an empty value. */
function decimalText(field: string, expected: string, value: JsonValue | undefined): string | undefined {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return String(value)
    case 'string': {
      const text = value.trim()
      if (text === '') return undefined
      if (text.length <= MAX_CHARACTERS && DECIMAL.test(text) && /\d/.test(text)) return text
      break
    }
    default:
      if (value === undefined || value === null) return undefined
  }
  throw new FieldError(field, expected, value)
}

function decimalOf(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = BigInt(`${whole}${fraction}`)
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length }
}

function multiply(text: string, { digits, exponent }: Decimal): Decimal {
  const decimal = decimalOf(text) ?? ONE
  return { digits: decimal.digits * digits, exponent: decimal.exponent + exponent }
}

function numberOf({ digits, exponent }: Decimal): number {
  return Number(`${digits}e${exponent}`)
}

/** Of a number that is a hundred after rounding to a double. */
function isAtLeastHundred({ digits, exponent }: Decimal): boolean {
  if (exponent >= 0) return true
  return digits >= 100n * 10n ** BigInt(-exponent)
}

/** Returns undefined for an integer part beyond 64 bits, or too many digits. */
function plainText({ digits, exponent }: Decimal): string | undefined {
  if (digits === 0n) return '0'
  const sign = digits < 0n ? '-' : ''
  let text = (digits < 0n ? -digits : digits).toString()
  const wholeLength = text.length + exponent
  if (wholeLength > 19 || -exponent > MAX_CHARACTERS) return undefined
  if (exponent >= 0) text += '0'.repeat(exponent)
  const padded = text.padStart(1 - exponent, '0')
  const point = exponent >= 0 ? text.length : padded.length + exponent
  const whole = sign + padded.slice(0, point)
  if (BigInt(whole) > MAX_INTEGER || BigInt(whole) < MIN_INTEGER) return undefined
  const fraction = padded.slice(point).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
