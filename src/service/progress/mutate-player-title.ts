import type { Instant } from '../../model/instant.ts'
import { pack } from '../../model/packed.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Queries } from '../../store/queries.ts'
import { type AuditServices, audited, type Mutation } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import { IdempotencyStore, requestDigest, unpackResult } from '../idempotency.ts'
import { type PlayerTitleChanges, UnitOfWork } from './writer/unit-of-work.ts'

/**
 * Runs a mutation of one player's title in one transaction, under its lock, together with its audit entry. A retry returns the first
 * response.
 */
export async function mutatePlayerTitle<Locked, Result>(
  services: AuditServices,
  operation: string,
  request: PlayerTitleKey & { readonly requestId: string | undefined },
  call: Call,
  /** Locks the definitions that the mutation concerns. Throws for missing ones, before the player's title is inserted. */
  lockDefinitions: (queries: Queries) => Promise<Locked>,
  /** Checks the mutation and adds its changes. */
  run: (
    queries: Queries,
    changes: PlayerTitleChanges,
    now: Instant,
    locked: Locked,
  ) => Promise<Mutation<Result>>,
): Promise<Result> {
  const { store, now: clock } = services
  return store.write(call.signal, async (queries) => {
    const now = clock()
    const locked = await lockDefinitions(queries)
    const unitOfWork = await UnitOfWork.openOne(queries, now, request)
    const idempotency = await IdempotencyStore.load(queries, [{ request, call }])
    const digest = requestDigest(operation, request)
    const stored = idempotency.find({ request, call }, digest)
    if (stored !== undefined) return unpackResult<Result>(stored)
    const mutation = await run(queries, unitOfWork.of(request), now, locked)
    const result = await audited(services, queries, call, request.requestId, mutation)
    idempotency.add({ request, call }, digest, pack({ result }))
    await unitOfWork.flush(queries)
    await idempotency.flush(queries, now)
    return result
  })
}
