import type {
  Bridge,
  BridgeChange,
  BridgePlan,
  BridgeRequest,
  BridgeTarget,
} from '../../../src/dialect/bridge.ts'
import { batchByKey, pathStep, splitSupported } from '../../../src/dialect/kit/plan.ts'

/** Tells the platform that a toy is done; it has no percent. */
export const bridge: Bridge = { kinds: ['unlocked'], plan, probe }

function plan(changes: readonly BridgeChange[], { binding, account }: BridgeTarget): BridgePlan {
  const [game, player] = [pathStep(binding['game']), pathStep(account)]
  const { supported, unsupported } = splitSupported(bridge.kinds, changes, ({ achievement }) => {
    if (game === undefined || player === undefined) return 'a game and a player are needed'
    if (pathStep(achievement.ids['toy']) === undefined) return `achievement ${achievement.id} is no toy`
    const followsStat = achievement.requirements.some(({ statCode }) => statCode !== undefined)
    return followsStat ? 'a toy follows no stat' : undefined
  })
  const requests = batchByKey(supported, idOf, 1).map((covers): BridgeRequest => {
    const [id] = covers.map(idOf)
    const path = `/games/${game}/players/${player}/toys/${pathStep(id)}`
    return { method: 'PUT', path, headers: {}, body: undefined, covers }
  })
  return { requests, unsupported }
}

function idOf({ achievement: { ids } }: BridgeChange): string {
  return ids['toy'] ?? ''
}

function probe({ binding }: Omit<BridgeTarget, 'account'>): BridgeRequest {
  const path = `/games/${pathStep(binding['game']) ?? '0'}/toys`
  return { method: 'GET', path, headers: {}, body: undefined, covers: [] }
}
