import type { Instant } from '../../model/instant.ts'
import { pack, unpack } from '../../model/packed.ts'
import type { PlayerTitleKey } from '../../store/progress/player-titles.ts'
import type { Queries } from '../../store/queries.ts'
import { requestDigest } from '../idempotency.ts'
import { IdempotencyStore } from '../idempotency-store.ts'
import type { Call, Services } from '../services.ts'
import type { PlayerTitleChanges } from './writer/player-title-changes.ts'
import { UnitOfWork } from './writer/unit-of-work.ts'

/**
 * Runs a mutation of what one player has in one title: in one transaction, under the lock of the player's sheet,
 * once for a request id.
 */
export async function mutatePlayerTitle<Held, Result>(
  services: Services,
  operation: string,
  request: PlayerTitleKey & { readonly requestId: string | undefined },
  call: Call,
  /** Reads what must be there before a sheet is made, and holds the definitions that it is about; throws otherwise. */
  hold: (queries: Queries) => Promise<Held>,
  /** Reads the rest, refuses, and changes the ledger. */
  run: (queries: Queries, changes: PlayerTitleChanges, now: Instant, held: Held) => Promise<Result>,
): Promise<Result> {
  return services.store.write(call.signal, async (queries) => {
    const now = services.now()
    const held = await hold(queries)
    const unitOfWork = await UnitOfWork.openOne(queries, now, request)
    const idempotency = await IdempotencyStore.load(queries, [request])
    const digest = requestDigest(operation, request)
    const before = idempotency.find(request, digest)
    if (before !== undefined) return unpack<{ result: Result }>(before).result
    const result = await run(queries, unitOfWork.of(request), now, held)
    idempotency.add(request, digest, pack({ result }))
    await unitOfWork.flush(queries)
    await idempotency.flush(queries, now)
    return result
  })
}
