import type { EventJson } from '../../../clients/typescript/gen/laurel/v1/event_pb.js'

/** How many minutes are shown. */
export const MINUTES = 60
const MINUTE = 60_000

/** Unlocks by the minute in which they happened, as its number since 1970. */
export type UnlockMinutes = ReadonlyMap<number, number>

export function isUnlock({ kind }: EventJson): boolean {
  return kind === 'EVENT_KIND_UNLOCKED' || kind === 'EVENT_KIND_COMMUNITY_UNLOCKED'
}

/** Returns the counts with these events too, without minutes that are no longer shown. */
export function withUnlocks(
  minutes: UnlockMinutes,
  events: readonly EventJson[],
  now = Date.now(),
): UnlockMinutes {
  const after = new Map(minutes)
  for (const event of events) {
    if (!isUnlock(event) || event.time === undefined) continue
    const minute = Math.floor(Date.parse(event.time) / MINUTE)
    after.set(minute, (after.get(minute) ?? 0) + 1)
  }
  const first = Math.floor(now / MINUTE) - MINUTES
  for (const minute of after.keys()) if (minute <= first) after.delete(minute)
  return after
}

/** Returns the shown minutes in seconds since 1970, and the unlocks in each. */
export function seriesOf(
  minutes: UnlockMinutes,
  now = Date.now(),
): readonly [times: number[], counts: number[]] {
  const last = Math.floor(now / MINUTE)
  const shown = Array.from({ length: MINUTES }, (_, index) => last - MINUTES + 1 + index)
  return [shown.map((minute) => minute * 60), shown.map((minute) => minutes.get(minute) ?? 0)]
}
