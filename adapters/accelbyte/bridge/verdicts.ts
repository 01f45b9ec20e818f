import { z } from 'zod'
import {
  type BridgeChange,
  type BridgeRequest,
  jsonOf,
  type PlatformResponse,
  type Verdict,
  verdictOf,
} from '../../../src/dialect/bridge.ts'
import { codeOf, eventCallOf } from './event-calls.ts'

const error = z.object({ errorCode: z.number().catch(0), errorMessage: z.string().catch('') })
type Failure = z.output<typeof error>

const bulkUnlock = z.array(
  z.object({ achievementCode: z.string(), success: z.boolean(), errorDetail: error.nullish().catch(null) }),
)
const bulkValues = z.array(
  z.object({ statCode: z.string(), success: z.boolean(), details: error.nullish().catch(null) }),
)

const DELIVERED: Verdict = { kind: 'delivered' }

/** Returns the verdict of a response, with one for each of several achievements. */
export function interpret(
  request: BridgeRequest,
  response: PlatformResponse,
): readonly Verdict[] | undefined {
  const isSuccess = response.status >= 200 && response.status < 300
  const { covers, before } = request
  if (request.path.endsWith('/bulkUnlock') && isSuccess)
    return eachUnlock(covers, response, before !== undefined)
  if (request.path.endsWith('/value/bulk') && isSuccess) return eachValue(covers, response)
  if (request.method !== 'PUT' || isSuccess) return undefined
  const { data } = error.safeParse(jsonOf(response))
  if (data === undefined) return undefined
  if (isUnlocked(data)) return covers.map(() => DELIVERED)
  const isHeld = response.status === 422 && before !== undefined
  return isHeld ? covers.map(() => waiting(data)) : undefined
}

function eachUnlock(
  covers: readonly BridgeChange[],
  response: PlatformResponse,
  waits: boolean,
): readonly Verdict[] {
  const { data = [] } = bulkUnlock.safeParse(jsonOf(response))
  return covers.map((change): Verdict => {
    const code = codeOf(change)
    const result =
      data.find(({ achievementCode }) => achievementCode === code) ??
      data.find(({ achievementCode }) => achievementCode.toLowerCase() === code.toLowerCase())
    if (result === undefined) return undeliverable(`achievement ${code}`)
    const { success, errorDetail } = result
    if (success || (errorDetail && isUnlocked(errorDetail))) return DELIVERED
    return waits && errorDetail?.errorCode === 422 ? waiting(errorDetail) : verdictOfFailure(errorDetail)
  })
}

/** A change has arrived when each of its values has. */
function eachValue(covers: readonly BridgeChange[], response: PlatformResponse): readonly Verdict[] {
  const { data = [] } = bulkValues.safeParse(jsonOf(response))
  const verdicts = new Map(
    data.map(({ statCode, success, details }) => [statCode, success ? DELIVERED : verdictOfFailure(details)]),
  )
  return covers.map((change): Verdict => {
    const eventCall = eventCallOf(change)
    const codes = typeof eventCall === 'string' ? [] : [...eventCall.values.keys()]
    const each = codes.map((code) => verdicts.get(code) ?? undeliverable(`stat ${code}`))
    return (
      each.find(({ kind }) => kind === 'refused') ?? each.find(({ kind }) => kind === 'retry') ?? DELIVERED
    )
  })
}

/** No number is published for it, and a second unlock need not be an error: only the words could tell. */
function isUnlocked({ errorMessage }: Failure): boolean {
  return /\balready (been )?(unlocked|achieved)\b/i.test(errorMessage)
}

/** AccelByte's error codes that are temporary: an internal fault, a missing permission, a rate limit. */
const PASSING = new Set([20000, 20001, 20007, 20013, 20015])

/** Where there is no number of AccelByte's own, it is an HTTP status. */
function verdictOfFailure(failure: Failure | null | undefined): Verdict {
  const { errorCode = 0, errorMessage = '' } = failure ?? {}
  const reason = `it answered ${errorCode}: ${errorMessage.slice(0, 200)}`
  const passes =
    PASSING.has(errorCode) || (errorCode >= 400 && errorCode < 600 && verdictOf(errorCode).kind === 'retry')
  return { kind: passes ? 'retry' : 'refused', reason }
}

/** The statistics are on their way to the achievement: the service learns of them by an event. */
function waiting({ errorMessage }: Failure): Verdict {
  return { kind: 'retry', reason: `its statistics have not unlocked it yet: ${errorMessage.slice(0, 200)}` }
}

function undeliverable(what: string): Verdict {
  return { kind: 'retry', reason: `the answer tells nothing of ${what}` }
}
