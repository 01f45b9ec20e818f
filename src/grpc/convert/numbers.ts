import type { Quantity as QuantityMessage } from '../../gen/laurel/v1/quantity.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Quantity } from '../../model/quantity.ts'
import type { Violations } from './violations.ts'

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
  [least, most]: readonly [number, number],
  field: string,
  violations: Violations,
): number {
  if (value < least || value > most) violations.add(field, `must be ${least} to ${most}`)
  return value
}

/** What every list asks for. */
export function readPaging(
  { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
  violations: Violations,
): { readonly pageSize: number | undefined; readonly pageToken: string | undefined } {
  readWithin(pageSize, [0, LIMITS.pageSize], 'page_size', violations)
  return { pageSize: pageSize || undefined, pageToken: pageToken || undefined }
}
