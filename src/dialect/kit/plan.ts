import type { EventKind } from '../../model/event.ts'
import type { BridgeChange, BridgePlan } from '../bridge.ts'

/*
 * What bridges plan with. Which request a change goes into is decided by the change, and by those that go with it: so the
 * changes of a request make the same request again, whatever else was planned beside them.
 */

/** Those that can be told, and those that cannot: `whyNot` says why, or undefined for what can be told. */
export function sift(
  kinds: readonly EventKind[],
  changes: readonly BridgeChange[],
  whyNot: (change: BridgeChange) => string | undefined,
): { readonly told: readonly BridgeChange[]; readonly unsupported: BridgePlan['unsupported'] } {
  const told: BridgeChange[] = []
  const unsupported: BridgePlan['unsupported'][number][] = []
  for (const change of changes) {
    const { kind } = change.event
    const why = kinds.includes(kind) ? whyNot(change) : `the platform has no word for ${kind}`
    if (why === undefined) told.push(change)
    else unsupported.push({ change, why })
  }
  return { told, unsupported }
}

/** The changes in lists of at most so many keys each. All of one key are in one list, and each list is in order. */
export function together(
  changes: readonly BridgeChange[],
  keyOf: (change: BridgeChange) => string,
  most: number,
): readonly (readonly BridgeChange[])[] {
  const places = new Map<string, number>()
  for (const change of changes) {
    const key = keyOf(change)
    if (!places.has(key)) places.set(key, Math.floor(places.size / most))
  }
  return [...Map.groupBy(changes, (change) => places.get(keyOf(change))).values()]
}

/** The furthest that changes say, in whole percent. 100 is an unlock everywhere, so only an unlock is 100. */
export function sentPercent(changes: readonly BridgeChange[]): number {
  return Math.max(...changes.map(percentOf))
}

function percentOf({ event }: BridgeChange): number {
  if (event.kind === 'unlocked' || event.state === 'achieved') return 100
  return Math.max(0, Math.min(99, Math.floor(event.percent)))
}

/**
 * A text as one step of a path; undefined for what can be none: nothing, the two that climb, however they are encoded,
 * and half of a surrogate pair.
 */
export function pathStep(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text === '.' || text === '..' || !text.isWellFormed()) {
    return undefined
  }
  return encodeURIComponent(text)
}
