import type {
  Bridge,
  BridgeChange,
  BridgePlan,
  BridgeRequest,
  BridgeTarget,
} from '../../src/dialect/bridge.ts'
import {
  batchByKey,
  pathStep,
  reasonLowerPercent,
  sentPercent,
  splitSupported,
} from '../../src/dialect/kit/plan.ts'
import { integerOf, titleIds } from './formats.ts'
import { ACTION } from './update.ts'

/** The title-managed update of Xbox Live, as a title's own server sends it. */
export const bridge: Bridge = {
  kinds: ['progressed', 'unlocked'],
  plan,
  /** 304: what it has is as far, or further. */
  interpret: ({ covers }, { status }) =>
    status === 304 ? covers.map(() => ({ kind: 'delivered' })) : undefined,
  probe,
}

/** No limit is documented. Tools send dozens, and a title has at most 100 when it is published. */
const MAX_ACHIEVEMENTS = 100

const HEADERS = { 'x-xbl-contract-version': '2' }

function plan(changes: readonly BridgeChange[], target: BridgeTarget): BridgePlan {
  const { scid } = titleIds(target.binding)
  const [user, service] = [pathStep(target.account), pathStep(scid)]
  const { supported, unsupported } = splitSupported(bridge.kinds, changes, (change) => {
    if (service === undefined) return 'the title is bound to no service configuration id'
    if (user === undefined) return 'the account is no xuid'
    return whyNot(change)
  })
  const path = `/users/xuid(${user})/achievements/${service}/update`
  const requests = lists(supported).map((covers): BridgeRequest => {
    const headers = { ...HEADERS, 'content-type': 'application/json; charset=utf-8' }
    return { method: 'POST', path, headers, body: bodyOf(covers, target), covers }
  })
  return { requests, unsupported }
}

function whyNot(change: BridgeChange): string | undefined {
  const { id } = change.achievement
  if (idOf(change) === '') return `achievement ${id} has no id at Xbox: give it one in ids.xbox`
  if (sentPercent([change]) === 0) return 'it is less than one percent, and Xbox counts from one'
  return reasonLowerPercent(change)
}

/**
 * Sends each achievement that follows a stat in a request of its own: a server where it is event-based refuses the whole
 * request, and would refuse the other achievements with it.
 */
function lists(supported: readonly BridgeChange[]): readonly (readonly BridgeChange[])[] {
  const follows = ({ achievement }: BridgeChange) =>
    achievement.requirements.some(({ statCode }) => statCode !== undefined)
  const alone = supported.filter(follows)
  const others = supported.filter((change) => !follows(change))
  return [...batchByKey(others, idOf, MAX_ACHIEVEMENTS), ...batchByKey(alone, idOf, 1)]
}

function bodyOf(covers: readonly BridgeChange[], { binding, account }: BridgeTarget): BridgeRequest['body'] {
  const { scid, titleId } = titleIds(binding)
  const byId = Map.groupBy(covers, idOf)
  return {
    action: ACTION,
    ...(scid === undefined ? {} : { serviceConfigId: scid }),
    ...(titleId === undefined ? {} : { titleId: integerOf(titleId) }),
    userId: account,
    achievements: [...byId].map(([id, changes]) => ({ id, percentComplete: sentPercent(changes) })),
  }
}

function idOf({ achievement: { ids } }: BridgeChange): string {
  return ids['xbox'] ?? ''
}

/** Lists a user without achievements. */
function probe({ binding }: Omit<BridgeTarget, 'account'>): BridgeRequest {
  const titleId = pathStep(titleIds(binding).titleId)
  const query = titleId === undefined ? 'maxItems=1' : `titleId=${titleId}&maxItems=1`
  const path = `/users/xuid(0)/achievements?${query}`
  return { method: 'GET', path, headers: HEADERS, body: undefined, covers: [] }
}
