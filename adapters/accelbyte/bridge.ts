import type {
  Bridge,
  BridgeChange,
  BridgePlan,
  BridgeRequest,
  BridgeTarget,
} from '../../src/dialect/bridge.ts'
import { batchByKey, pathStep, splitSupported } from '../../src/dialect/kit/plan.ts'
import { codeOf, type EventCall, eventCallOf } from './bridge/event-calls.ts'
import { resetRequest, unlockRequest, valuesRequest } from './bridge/requests.ts'
import { interpret } from './bridge/verdicts.ts'

/** Sends values of statistics, and unlocks of achievements that follow no statistic, as a game's server does. */
export const bridge: Bridge = { kinds: ['progressed', 'unlocked', 'reset'], plan, interpret, probe }

/** The response describes each achievement, and must stay below the size that the relay reads. */
const MAX_ACHIEVEMENTS = 50

/** Resets come first, each covering the earlier changes that it undoes. Later changes are planned like all others. */
function plan(changes: readonly BridgeChange[], target: BridgeTarget): BridgePlan {
  const namespace = pathStep(target.binding['namespace'])
  const user = pathStep(target.account)
  const { supported, unsupported } = splitSupported(bridge.kinds, changes, (change) => {
    if (namespace === undefined) return 'the title is bound to no namespace'
    if (user === undefined) return 'the account is no user id'
    const eventCall = eventCallOf(change)
    return typeof eventCall === 'string' ? eventCall : undefined
  })
  const basePath = `namespaces/${namespace}/users/${user}`
  const { over, remaining } = atResets(supported)
  const of = (eventCalls: (eventCall: EventCall) => boolean, maxKeys: number) =>
    batchByKey(
      remaining.filter((change) => eventCalls(eventCallOf(change) as EventCall)),
      codeOf,
      maxKeys,
    )
  const resets = batchByKey(over, codeOf, 1).map((covers) => resetRequest(basePath, covers))
  const values = of(({ kind }) => kind === 'values', MAX_ACHIEVEMENTS)
  const unlocks = of(({ kind, values }) => kind === 'unlock' && values.size === 0, MAX_ACHIEVEMENTS)
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

/** Splits changes into those up to the last reset of their achievement, the reset included, and the others. */
function atResets(supported: readonly BridgeChange[]) {
  const last = new Map<string, number>()
  for (const [index, change] of supported.entries()) {
    if (change.event.kind === 'reset') last.set(codeOf(change), index)
  }
  const isOver = (change: BridgeChange, index: number) => index <= (last.get(codeOf(change)) ?? -1)
  return {
    over: supported.filter(isOver),
    remaining: supported.filter((change, index) => !isOver(change, index)),
  }
}

/** The first of the namespace's definitions. */
function probe({ binding }: Omit<BridgeTarget, 'account'>): BridgeRequest {
  const namespace = pathStep(binding['namespace']) ?? '0'
  const path = `/achievement/v1/admin/namespaces/${namespace}/achievements?limit=1`
  return { method: 'GET', path, headers: {}, body: undefined, covers: [] }
}
