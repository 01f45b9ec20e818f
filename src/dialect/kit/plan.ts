import type { EventKind } from '../../model/event.ts'
import type { BridgeChange, BridgePlan } from '../bridge.ts'

/*
 * Helpers to plan requests. A change's request depends only on that change and on the changes in the same request, so planning the
 * changes of one request again gives the same request, whatever was planned beside it.
 */

/** Splits changes into supported and unsupported ones. `whyNot` returns the reason, or undefined for a supported change. */
export function splitSupported(
  kinds: readonly EventKind[],
  changes: readonly BridgeChange[],
  whyNot: (change: BridgeChange) => string | undefined,
): { readonly supported: readonly BridgeChange[]; readonly unsupported: BridgePlan['unsupported'] } {
  const supported: BridgeChange[] = []
  const unsupported: BridgePlan['unsupported'][number][] = []
  for (const change of changes) {
    const { kind } = change.event
    const reason = kinds.includes(kind) ? whyNot(change) : `the platform has no word for ${kind}`
    if (reason === undefined) supported.push(change)
    else unsupported.push({ change, reason })
  }
  return { supported, unsupported }
}

/** Returns why the percent of a change is not sent to a platform that has a higher one; undefined if it is sent. */
export function reasonLowerPercent(change: BridgeChange): string | undefined {
  const { deliveredPercent = 0 } = change
  const percent = sentPercent([change])
  if (percent >= deliveredPercent) return undefined
  return `the platform has ${deliveredPercent} percent already, and is not sent the lower ${percent}`
}

/** Batches changes, in order, with at most `maxKeys` keys in each batch. All changes of one key share a batch. */
export function batchByKey(
  changes: readonly BridgeChange[],
  keyOf: (change: BridgeChange) => string,
  maxKeys: number,
): readonly (readonly BridgeChange[])[] {
  const batches = new Map<string, number>()
  for (const change of changes) {
    const key = keyOf(change)
    if (!batches.has(key)) batches.set(key, Math.floor(batches.size / maxKeys))
  }
  return [...Map.groupBy(changes, (change) => batches.get(keyOf(change))).values()]
}

/** The highest percent of the changes, rounded down. Platforms take 100 for an unlock, so only an unlock is 100. */
export function sentPercent(changes: readonly Pick<BridgeChange, 'event'>[]): number {
  return Math.max(...changes.map(percentOf))
}

function percentOf({ event }: Pick<BridgeChange, 'event'>): number {
  if (event.kind === 'unlocked' || event.state === 'achieved') return 100
  return Math.max(0, Math.min(99, Math.floor(event.percent)))
}

/**
 * Encodes a text as one segment of a path. Returns undefined for a text that cannot be one: empty, `.`, `..`, or with a lone
 * surrogate.
 */
export function pathStep(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text === '.' || text === '..' || !text.isWellFormed()) {
    return undefined
  }
  return encodeURIComponent(text)
}
