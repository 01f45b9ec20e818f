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
    const outcome = await run(services, request, call).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    )
    const isMiss =
      'error' in outcome
        ? outcome.error instanceof LaurelError && MISSES.has(outcome.error.reason)
        : isBlank(outcome.result)
    const survivor = isMiss ? await forSurvivor(services, request, call) : undefined
    if (survivor !== undefined) return run(services, survivor, call)
    if ('error' in outcome) throw outcome.error
    return outcome.result
  }
}

/** As `followMerges`, for a use case that yields pages. An absorbed player has no records, so its first page is blank. */
export function followMergesInPages<Request extends OfPlayer, Page>(
  run: (services: Services, request: Request, call: Call) => AsyncGenerator<Page>,
  isBlank: (page: Page) => boolean,
): (services: Services, request: Request, call: Call) => AsyncGenerator<Page> {
  return async function* (services, request, call) {
    const pages = run(services, request, call)
    const first = await pages.next()
    const isMiss = first.done === true || isBlank(first.value)
    const survivor = isMiss ? await forSurvivor(services, request, call) : undefined
    if (survivor !== undefined) return yield* run(services, survivor, call)
    if (first.done !== true) yield first.value
    yield* pages
  }
}

/** Returns the request for the player into which the named one was merged; undefined if it was not. */
async function forSurvivor<Request extends OfPlayer>(
  services: Services,
  request: Request,
  call: Call,
): Promise<Request | undefined> {
  const { playerId } = request
  if (playerId === undefined) return undefined
  const aliases = await services.store.read(call.signal, (queries) => queries.aliases.find([playerId]))
  const survivor = aliases.get(playerId)
  return survivor === undefined ? undefined : { ...request, playerId: survivor, requestedPlayerId: playerId }
}
