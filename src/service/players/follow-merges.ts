import { LaurelError, type Reason } from '../../model/errors.ts'
import type { Call } from '../call.ts'
import type { Services } from '../services.ts'

/** Failures of a call that names an absorbed player. The page token is the surviving player's. */
const MISSES: ReadonlySet<Reason> = new Set(['PLAYER_NOT_FOUND', 'PLAYER_MERGED', 'PAGE_TOKEN_INVALID'])

interface OfPlayer {
  readonly playerId?: string | undefined
}

/**
 * Returns a use case that runs again for the surviving player if the named one was merged into it. Aliases are looked up only
 * if the first run fails, or `isBlank` finds nothing of the player in its result: players with records pay nothing.
 */
export function followMerges<Request extends OfPlayer, Result>(
  run: (services: Services, request: Request, call: Call) => Promise<Result>,
  isBlank: (result: Result) => boolean = () => false,
): (services: Services, request: Request, call: Call) => Promise<Result> {
  return async (services, request, call) => {
    const { playerId } = request
    const outcome = await run(services, request, call).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    )
    const isMiss =
      'error' in outcome
        ? outcome.error instanceof LaurelError && MISSES.has(outcome.error.reason)
        : isBlank(outcome.result)
    if (isMiss && playerId !== undefined) {
      const aliases = await services.store.read(call.signal, (queries) => queries.aliases.find([playerId]))
      const survivor = aliases.get(playerId)
      if (survivor !== undefined) {
        return run(services, { ...request, playerId: survivor, requestedPlayerId: playerId }, call)
      }
    }
    if ('error' in outcome) throw outcome.error
    return outcome.result
  }
}
