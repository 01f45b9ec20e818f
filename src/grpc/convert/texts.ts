import { LIMITS } from '../../model/limits.ts'
import type { Violations } from './violations.ts'

/** An id: not empty, not long, and nothing in it that cannot be seen. */
export function readId(value: string, field: string, violations: Violations): string {
  if (value === '') violations.add(field, 'must be set')
  return readName(value, LIMITS.id, field, violations)
}

export function readOptionalId(value: string, field: string, violations: Violations): string | undefined {
  return value === '' ? undefined : readId(value, field, violations)
}

export function readRequestId(value: string, violations: Violations): string | undefined {
  return value === '' ? undefined : readName(value, LIMITS.requestId, 'request_id', violations)
}

/** A BCP-47 tag, in whatever spelling: sources have their own. */
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
  // Counts characters as Postgres does, not UTF-16 units, and only where there may be too many.
  if (value.length > limit && [...value].length > limit) {
    violations.add(field, `must be at most ${limit} characters`)
  }
}
