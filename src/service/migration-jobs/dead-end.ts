import { isDeepStrictEqual } from 'node:util'
import type { Bridge, BridgeChange, BridgePlan, BridgeTarget } from '../../dialect/bridge.ts'
import type { EventKind } from '../../model/event.ts'
import { TICKS_PER_SECOND } from '../../model/instant.ts'
import type { Difference } from './verify-job.ts'

type Compared = Omit<Difference, 'deadEnd' | 'account'> & Pick<BridgeChange, 'achievement'>

/**
 * Returns why no request can make a platform equal to the stored progress; undefined if one can. The dialect's bridge decides, by the requests
 * that it plans for the missing change.
 */
export function deadEndOf(
  bridge: Bridge | undefined,
  difference: Compared,
  target: BridgeTarget,
): string | undefined {
  if (bridge === undefined) return 'Laurel sends nothing to the platform'
  const { ours, verdict } = difference
  const whyNot = (kind: EventKind) => bridge.plan([changeOf(difference, kind)], target).unsupported[0]?.reason
  switch (verdict) {
    case 'behind':
    case 'missing': {
      const reason = whyNot(ours?.revoked ? 'revoked' : 'reset')
      return reason && `the platform is ahead, and cannot be lowered: ${reason}`
    }
    case 'exceeded':
    case 'absent': {
      const reason = whyNot(ours?.state === 'achieved' ? 'unlocked' : 'progressed')
      return reason && `the platform is behind, and cannot be raised: ${reason}`
    }
    case 'unlock_time':
      return takesUnlockTime(bridge, difference, target)
        ? undefined
        : 'the platform takes no unlock time, and keeps its own'
    case 'equal':
      return undefined
  }
}

/** Returns whether the requests for an unlock depend on its time. */
function takesUnlockTime(bridge: Bridge, difference: Compared, target: BridgeTarget): boolean {
  const { ours } = difference
  const at = (seconds: bigint) => {
    const unlockTime = (ours?.unlockTime ?? 0n) + seconds * TICKS_PER_SECOND
    const shifted = { ...difference, ours: ours && { ...ours, unlockTime } }
    return requestsIn(bridge.plan([changeOf(shifted, 'unlocked')], target))
  }
  return !isDeepStrictEqual(at(0n), at(3_600n))
}

function requestsIn({ requests }: BridgePlan) {
  return requests.map(({ method, path, headers, body }) => ({ method, path, headers, body }))
}

/** Returns the change of an event with the stored progress. */
function changeOf({ key, achievement, theirs, ours = theirs }: Compared, kind: EventKind): BridgeChange {
  const { state, percent, unlockTime } = ours
  const time = unlockTime ?? 0n
  return {
    event: {
      ...key,
      id: 1n,
      kind,
      time,
      state,
      percent,
      unlockTime,
      actor: '',
      reason: '',
      requestId: '',
    },
    achievement,
    progress: ours,
    deliveredPercent: kind === 'reset' ? undefined : theirs.percent,
  }
}
