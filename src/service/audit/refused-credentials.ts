import { LaurelError } from '../../model/errors.ts'
import { NEVER_ABORTED } from '../../model/never-aborted.ts'
import { ANONYMOUS } from '../../model/principal.ts'
import type { Authenticate } from '../call.ts'
import type { Services } from '../services.ts'
import { type AuditServices, insertEntry } from './record-change.ts'

type RefusalServices = AuditServices & Pick<Services, 'onAuditFailure'>

const WINDOW_MILLISECONDS = 60_000
/** Entries of one process in a window: callers choose their addresses and errors. */
const MAX_ENTRIES = 100

/**
 * Returns the authentication with an audit entry for each refused credential, one at most for each address and error in a minute.
 * The caller does not wait for it, and gets the same error if it cannot be written.
 */
export function auditRefusals(authenticate: Authenticate, services: RefusalServices): Authenticate {
  let windowEnd = 0
  let recorded = new Set<string>()

  function isRecorded(key: string): boolean {
    const now = performance.now()
    if (now >= windowEnd) {
      windowEnd = now + WINDOW_MILLISECONDS
      recorded = new Set()
    }
    if (recorded.has(key) || recorded.size >= MAX_ENTRIES) return true
    recorded.add(key)
    return false
  }

  return async (authorization, signal, address) => {
    try {
      return await authenticate(authorization, signal, address)
    } catch (error) {
      if (error instanceof LaurelError && error.reason === 'UNAUTHENTICATED') {
        const from = address() ?? ''
        if (!isRecorded(`${from} ${error.message}`))
          record(services, from, error.message).catch(services.onAuditFailure)
      }
      throw error
    }
  }
}

async function record({ store, ...services }: AuditServices, from: string, reason: string): Promise<void> {
  const call = { principal: ANONYMOUS, actor: ANONYMOUS.name, operation: 'Authenticate' }
  const resource = { resourceType: 'credential', titleId: '', resourceId: from, playerId: '' } as const
  await store.write(NEVER_ABORTED, (queries) =>
    insertEntry(services, queries, call, undefined, { ...resource, reason }),
  )
}
