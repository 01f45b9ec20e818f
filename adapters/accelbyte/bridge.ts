import type {
  Bridge,
  BridgeChange,
  BridgePlan,
  BridgeRequest,
  BridgeTarget,
} from '../../src/dialect/bridge.ts'
import { pathStep, sift, together } from '../../src/dialect/kit/plan.ts'
import { codeOf, type EventCall, eventCallOf } from './bridge/event-calls.ts'
import { resetRequest, unlockRequest, valuesRequest } from './bridge/requests.ts'
import { interpret } from './bridge/verdicts.ts'

/** What a game's server tells AccelByte: values of statistics, and unlocks of what no statistic unlocks. */
export const bridge: Bridge = { kinds: ['progressed', 'unlocked', 'reset'], plan, interpret, probe }

/** So many that the answer, which tells of each, stays below what is kept of an answer. */
const MOST_ACHIEVEMENTS = 50

/** Resets first, each with what it makes needless. What came after one is told with all others. */
function plan(changes: readonly BridgeChange[], target: BridgeTarget): BridgePlan {
  const namespace = pathStep(target.binding['namespace'])
  const user = pathStep(target.account)
  const { told, unsupported } = sift(bridge.kinds, changes, (change) => {
    if (namespace === undefined) return 'the title is bound to no namespace'
    if (user === undefined) return 'the account is no user id'
    const eventCall = eventCallOf(change)
    return typeof eventCall === 'string' ? eventCall : undefined
  })
  const basePath = `namespaces/${namespace}/users/${user}`
  const { over, standing: progressEntry } = atResets(told)
  const of = (eventCalls: (eventCall: EventCall) => boolean, most: number) =>
    together(
      progressEntry.filter((change) => eventCalls(eventCallOf(change) as EventCall)),
      codeOf,
      most,
    )
  const resets = together(over, codeOf, 1).map((covers) => resetRequest(basePath, covers))
  const values = of(({ kind }) => kind === 'values', MOST_ACHIEVEMENTS)
  const unlocks = of(({ kind, values }) => kind === 'unlock' && values.size === 0, MOST_ACHIEVEMENTS)
  const heldUnlocks = of(({ kind, values }) => kind === 'unlock' && values.size > 0, 1)
  const requests: readonly BridgeRequest[] = [
    ...resets,
    ...values.map((covers) => ({ ...valuesRequest(basePath, covers), covers })),
    ...unlocks.map((covers) => unlockRequest(basePath, covers)),
    ...heldUnlocks.map((covers) => ({
      ...unlockRequest(basePath, covers),
      before: valuesRequest(basePath, covers),
    })),
  ]
  return { requests, unsupported }
}

/** What the last reset of its achievement ends, with that itself, and what stands. */
function atResets(told: readonly BridgeChange[]) {
  const last = new Map<string, number>()
  for (const [index, change] of told.entries()) {
    if (change.event.kind === 'reset') last.set(codeOf(change), index)
  }
  const isOver = (change: BridgeChange, index: number) => index <= (last.get(codeOf(change)) ?? -1)
  return { over: told.filter(isOver), standing: told.filter((change, index) => !isOver(change, index)) }
}

/** The first of the namespace's definitions. */
function probe({ binding }: Omit<BridgeTarget, 'account'>): BridgeRequest {
  const namespace = pathStep(binding['namespace']) ?? '0'
  const path = `/achievement/v1/admin/namespaces/${namespace}/achievements?limit=1`
  return { method: 'GET', path, headers: {}, body: undefined, covers: [] }
}
