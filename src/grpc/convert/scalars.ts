import type { Quantity as QuantityMessage } from '../../gen/laurel/v1/quantity.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Quantity } from '../../model/quantity.ts'
import { isLongerThan } from '../../model/text-length.ts'
import type { Violations } from './violations.ts'

/** Reads an id: not empty, limited in length, without control characters. */
export function readId(value: string, field: string, violations: Violations): string {
  if (value === '') violations.add(field, 'must be set')
  return readName(value, LIMITS.id, field, violations)
}

export function readOptionalId(value: string, field: string, violations: Violations): string | undefined {
  return value === '' ? undefined : readId(value, field, violations)
}

/** Reads the name of an input, such as the path of a file. */
export function readSourceName(value: string, violations: Violations): string {
  if (value === '') violations.add('source', 'must be set')
  return readName(value, LIMITS.sourceName, 'source', violations)
}

export function readRequestId(value: string, violations: Violations): string | undefined {
  return value === '' ? undefined : readName(value, LIMITS.requestId, 'request_id', violations)
}

export function readEtag(value: string, field: string, violations: Violations): string | undefined {
  return value === '' ? undefined : readName(value, LIMITS.id, field, violations)
}

export function readResumeToken(value: string, violations: Violations): string | undefined {
  return value === '' ? undefined : readName(value, LIMITS.id, 'resume_token', violations)
}

/** Reads a BCP-47 tag. Any spelling is accepted, because sources differ. */
export function readLocale(value: string, field: string, violations: Violations): string {
  return readName(value, LIMITS.locale, field, violations)
}

export function readText(
  value: string,
  field: string,
  violations: Violations,
  limit: number = LIMITS.text,
): string {
  checkLength(value, limit, field, violations)
  if (value.includes('\u0000')) violations.add(field, 'must not hold the character U+0000')
  return value
}

export function readOptionalText(
  value: string | undefined,
  field: string,
  violations: Violations,
): string | undefined {
  return value === undefined ? undefined : readText(value, field, violations)
}

function readName(value: string, limit: number, field: string, violations: Violations): string {
  checkLength(value, limit, field, violations)
  if (/\p{Cc}/u.test(value)) violations.add(field, 'must not hold control characters')
  return value
}

function checkLength(value: string, limit: number, field: string, violations: Violations): void {
  if (isLongerThan(value, limit)) violations.add(field, `must be at most ${limit} characters`)
}

export function readQuantity(
  message: QuantityMessage | undefined,
  field: string,
  violations: Violations,
): Quantity {
  const value = message?.value?.value
  if (value === undefined) {
    violations.add(field, 'must be set to an integer or a double')
    return 0n
  }
  return typeof value === 'number' ? readFinite(value, `${field}.double`, violations) : value
}

export function writeQuantity(quantity: Quantity): QuantityMessage {
  return typeof quantity === 'bigint'
    ? { value: { $case: 'integer', value: quantity } }
    : { value: { $case: 'double', value: quantity } }
}

export function readFinite(value: number, field: string, violations: Violations): number {
  if (Number.isFinite(value)) return value
  violations.add(field, 'must be a finite number')
  return 0
}

export function readOptionalFinite(
  value: number | undefined,
  field: string,
  violations: Violations,
): number | undefined {
  return value === undefined ? undefined : readFinite(value, field, violations)
}

export function readWithin(
  value: number,
  [min, max]: readonly [number, number],
  field: string,
  violations: Violations,
): number {
  if (value < min || value > max) violations.add(field, `must be ${min} to ${max}`)
  return value
}

export function readPaging(
  { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
  violations: Violations,
): { readonly pageSize: number | undefined; readonly pageToken: string | undefined } {
  // Larger sizes are coerced (AIP-158).
  if (pageSize < 0) violations.add('page_size', 'must not be negative')
  checkLength(pageToken, LIMITS.pageToken, 'page_token', violations)
  return { pageSize: pageSize || undefined, pageToken: pageToken || undefined }
}

/**
 * The meaning of each value of a wire enum; undefined for rejected values. The record is total: a new value of the
 * contract does not compile until it has a meaning.
 */
export type Choices<Value extends number, Meaning extends string> = Readonly<
  Record<Value, Meaning | undefined>
>

/** `names` is the generated enum, for the error text. */
export function readChoice<Value extends number, Meaning extends string>(
  value: Value,
  choices: Choices<Value, Meaning>,
  names: Readonly<Record<string, Value>>,
  field: string,
  violations: Violations,
): Meaning {
  const meaning = choices[value]
  if (meaning !== undefined) return meaning
  const known = Object.entries(names).filter(([name]) => name !== 'UNSPECIFIED')
  violations.add(field, `must be one of ${known.map(([name]) => name).join(', ')}`)
  return known.map(([, each]) => choices[each]).find((each) => each !== undefined) as Meaning
}
