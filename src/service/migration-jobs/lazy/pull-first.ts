import type { PlayerTitleKey } from '../../../model/progress.ts'
import type { Call } from '../../call.ts'
import type { Services } from '../../services.ts'

type UseCase<Request, Result> = (services: Services, request: Request, call: Call) => Promise<Result>

interface OfPlayer {
  readonly titleId: string
  readonly playerId?: string | undefined
}

/** Returns a use case that first waits for the player's progress from the title's lazy source, if it has one. */
export function pullFirst<Request extends OfPlayer, Result>(
  run: UseCase<Request, Result>,
): UseCase<Request, Result> {
  return (services, request, call) => {
    const { titleId, playerId = '' } = request
    const pull = services.lazyPulls.ensurePulled(titleId, playerId)
    return pull === undefined ? run(services, request, call) : pull.then(() => run(services, request, call))
  }
}

/** As `pullFirst`, for a use case that yields pages. */
export function pullPagesFirst<Request extends OfPlayer, Page>(
  run: (services: Services, request: Request, call: Call) => AsyncGenerator<Page>,
): (services: Services, request: Request, call: Call) => AsyncGenerator<Page> {
  return async function* (services, request, call) {
    await services.lazyPulls.ensurePulled(request.titleId, request.playerId ?? '')
    yield* run(services, request, call)
  }
}

/** As `pullFirst`, for the players of all items. */
export function pullAllFirst<Request extends { readonly items: readonly PlayerTitleKey[] }, Result>(
  run: UseCase<Request, Result>,
): UseCase<Request, Result> {
  return async (services, request, call) => {
    if (services.lazyPulls.isIdle) return run(services, request, call)
    const pulls = request.items.flatMap(
      ({ titleId, playerId }) => services.lazyPulls.ensurePulled(titleId, playerId) ?? [],
    )
    if (pulls.length > 0) await Promise.all(pulls)
    return run(services, request, call)
  }
}
