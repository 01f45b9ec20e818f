import { z } from 'zod'
import {
  type Bridge,
  type BridgeChange,
  type BridgePlan,
  type BridgeRequest,
  type BridgeTarget,
  jsonOf,
  type PlatformResponse,
  type Verdict,
} from '../../src/dialect/bridge.ts'
import {
  batchByKey,
  pathStep,
  reasonLowerPercent,
  sentPercent,
  splitSupported,
} from '../../src/dialect/kit/plan.ts'

/** Reports progress to a server with Discord's API, as a bot does: one achievement a call. */
export const bridge: Bridge = { kinds: ['progressed', 'unlocked'], plan, interpret, probe }

function plan(changes: readonly BridgeChange[], { binding, account }: BridgeTarget): BridgePlan {
  const [user, application] = [pathStep(account), pathStep(binding['application_id'])]
  const { supported, unsupported } = splitSupported(bridge.kinds, changes, (change) => {
    const { id, ids } = change.achievement
    if (application === undefined) return 'the title is bound to no application id'
    if (user === undefined) return 'the account is no user id'
    if (pathStep(ids['discord']) !== undefined) return reasonLowerPercent(change)
    return `achievement ${id} has no id at Discord: give it one in ids.discord`
  })
  const requests = batchByKey(supported, idOf, 1).map((covers): BridgeRequest => {
    const [id] = covers.map(idOf)
    return {
      method: 'PUT',
      path: `/users/${user}/applications/${application}/achievements/${pathStep(id)}`,
      headers: { 'content-type': 'application/json' },
      body: { percent_complete: sentPercent(covers) },
      covers,
    }
  })
  return { requests, unsupported }
}

function idOf({ achievement: { ids } }: BridgeChange): string {
  return ids['discord'] ?? ''
}

/** Discord's codes for an achievement that the credential can never report, whichever permissions it gets later. */
const FORBIDDEN = [20012, 40001]

const failureSchema = z.object({ code: z.number(), message: z.string().catch('') })

/** 403 is temporary, because the credential can be fixed, but for the codes of an achievement that it may not report. */
function interpret({ covers }: BridgeRequest, response: PlatformResponse): readonly Verdict[] | undefined {
  if (response.status !== 403) return undefined
  const { data } = failureSchema.safeParse(jsonOf(response))
  if (data === undefined || !FORBIDDEN.includes(data.code)) return undefined
  const reason = `it answered 403 with code ${data.code}: ${data.message.slice(0, 200)}`
  return covers.map(() => ({ kind: 'refused', reason }))
}

/** The application's achievements, which a bot may list. */
function probe({ binding }: Omit<BridgeTarget, 'account'>): BridgeRequest {
  const path = `/applications/${pathStep(binding['application_id']) ?? '0'}/achievements`
  return { method: 'GET', path, headers: {}, body: undefined, covers: [] }
}
