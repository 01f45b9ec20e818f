/**
 * A count that a requirement measures. An integer is a bigint; a double is a number and stays one
 * (AccelByte's goal 7.7 must come back as 7.7). The two compare by their exact values.
 */
export type Quantity = bigint | number

export type ValueType = 'integer' | 'double'

/** An exact fraction with a positive denominator. */
export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** Returns a quantity as an exact fraction. A double counts as its shortest decimal, so 0.1 is one tenth. */
export function toRational(quantity: Quantity): Rational {
  if (typeof quantity === 'bigint') return { numerator: quantity, denominator: 1n }
  const [mantissa = '0', exponent = '0'] = quantity.toString().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const digits = BigInt(whole + fraction)
  const shift = Number(exponent) - fraction.length
  return shift >= 0
    ? { numerator: digits * 10n ** BigInt(shift), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-shift) }
}

/** Returns a negative number, zero or a positive number, as for `sort`. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  if (typeof left === typeof right) return left < right ? -1 : left > right ? 1 : 0
  const [a, b] = [toRational(left), toRational(right)]
  const difference = a.numerator * b.denominator - b.numerator * a.denominator
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** Returns the sum: exact for integers, a double if either side is one. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  return typeof left === 'bigint' && typeof right === 'bigint' ? left + right : Number(left) + Number(right)
}

/** Returns the quantity as a finite value of the type; a fraction is rounded down to an integer. A sum of doubles can be infinite. */
export function asValueType(quantity: Quantity, type: ValueType): Quantity {
  if (type === 'integer' && typeof quantity === 'bigint') return quantity
  const finite = Math.min(Math.max(Number(quantity), -Number.MAX_VALUE), Number.MAX_VALUE)
  return type === 'double' ? finite : BigInt(Math.floor(finite))
}

/** Returns exact decimal text, as rows and dialects store it. */
export function formatQuantity(quantity: Quantity): string {
  return quantity.toString()
}

/** Returns the quantity of a decimal text; undefined if it is not one of the type. */
export function parseQuantity(text: string, type: ValueType): Quantity | undefined {
  if (type === 'integer') return /^[+-]?\d{1,19}$/.test(text) ? BigInt(text) : undefined
  const number = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(number) ? number : undefined
}
