import { formatInstant, TICKS_PER_SECOND } from '../model/instant.ts'
import { isJsonObject, type JsonValue } from '../model/json.ts'

const INSTANTS: ReadonlySet<unknown> = new Set([
  'unlockTime',
  'lastUnlockTime',
  'createTime',
  'updateTime',
  'start',
  'end',
])

/**
 * Returns a value of a record as JSON for a person: without the members that are undefined, instants as RFC 3339, durations as
 * seconds (`3723.5s`). `field` is the name of the value's member.
 */
export function lossValue(value: unknown, field?: string | number): JsonValue | undefined {
  if (typeof value === 'bigint') {
    if (INSTANTS.has(field)) return formatInstant(value)
    return field === 'estimatedTime' ? formatDuration(value) : value
  }
  if (Array.isArray(value)) return value.map((item) => lossValue(item, field) ?? null)
  if (!isJsonObject(value as JsonValue)) return value as JsonValue | undefined
  const members = Object.entries(value as object).flatMap(([name, inner]) => {
    const json = lossValue(inner, name)
    return json === undefined ? [] : [[name, json] as const]
  })
  return Object.fromEntries(members)
}

function formatDuration(duration: bigint): string {
  const ticks = duration < 0n ? -duration : duration
  const fraction = (ticks % TICKS_PER_SECOND).toString().padStart(7, '0').replace(/0+$/, '')
  const whole = `${duration < 0n ? '-' : ''}${ticks / TICKS_PER_SECOND}`
  return fraction === '' ? `${whole}s` : `${whole}.${fraction}s`
}
