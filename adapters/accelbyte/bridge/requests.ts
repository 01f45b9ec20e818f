import type { BridgeChange, BridgeRequest } from '../../../src/dialect/bridge.ts'
import { pathStep } from '../../../src/dialect/kit/plan.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Quantity } from '../../../src/model/quantity.ts'
import { writeDouble } from '../values.ts'
import { codeOf, eventCallOf, larger } from './event-calls.ts'

const HEADERS = { 'content-type': 'application/json' }
const ACHIEVEMENTS = '/achievement/v1/admin'

/** `AdminResetAchievement`. */
export function resetRequest(basePath: string, covers: readonly BridgeChange[]): BridgeRequest {
  const [code] = covers.map(codeOf)
  const path = `${ACHIEVEMENTS}/${basePath}/achievements/${pathStep(code)}/reset`
  return { method: 'DELETE', path, headers: {}, body: undefined, covers }
}

/** `AdminUnlockAchievement` of one, `AdminBulkUnlockAchievement` of several, or of a code that can stand in no path. */
export function unlockRequest(basePath: string, covers: readonly BridgeChange[]): BridgeRequest {
  const codes = [...new Set(covers.map(codeOf))]
  const step = codes.length === 1 ? pathStep(codes[0]) : undefined
  const path = `${ACHIEVEMENTS}/${basePath}/achievements`
  if (step !== undefined) {
    return { method: 'PUT', path: `${path}/${step}/unlock`, headers: {}, body: undefined, covers }
  }
  const body = { achievementCodes: codes }
  return { method: 'PUT', path: `${path}/bulkUnlock`, headers: HEADERS, body, covers }
}

/**
 * `bulkUpdateUserStatItem` of version 2, which makes an item where there is none. Each stat is there once, because the
 * service works on the items at the same time.
 */
export function valuesRequest(basePath: string, changes: readonly BridgeChange[]): BridgeRequest {
  const values = new Map<string, Quantity>()
  for (const change of changes) {
    const eventCall = eventCallOf(change)
    if (typeof eventCall === 'string') continue
    for (const [code, value] of eventCall.values) values.set(code, larger(values.get(code), value))
  }
  const body = [...values].map(
    ([statCode, value]): JsonObject => ({
      statCode,
      updateStrategy: 'MAX',
      value: writeDouble(Number(value)),
    }),
  )
  const path = `/social/v2/admin/${basePath}/statitems/value/bulk`
  return { method: 'PUT', path, headers: HEADERS, body, covers: [] }
}
