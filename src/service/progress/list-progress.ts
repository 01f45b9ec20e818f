import type { StoredAchievement } from '../../model/achievement.ts'
import type { Progress, ProgressState } from '../../model/progress.ts'
import { readPage } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Call, Page, Services } from '../services.ts'
import { progressListCache } from './list-cache.ts'
import { asPlayerSees } from './player-view.ts'

export interface ListProgress {
  readonly titleId: string
  readonly playerId: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
  /** `full`: everything. `player`: what the player may see, hidden achievements redacted until unlocked. */
  readonly view: 'full' | 'player'
  /** Empty for all. */
  readonly states: readonly ProgressState[]
}

export interface PlayerProgress {
  readonly achievement: StoredAchievement
  readonly progress: Progress
}

/**
 * All achievements of a title in list order, each with the player's standing on it, locked ones included. The page is the
 * same object for as long as nothing of it has changed.
 */
export async function listProgress(
  services: Services,
  request: ListProgress,
  call: Call,
): Promise<Page<PlayerProgress>> {
  const { titleId, playerId, view, states, pageSize, pageToken } = request
  const lists = progressListCache(services)
  const name = JSON.stringify([titleId, playerId, view, states, pageSize, pageToken])
  const known = lists.pages.get(name)
  let stamp: string | undefined
  let isKnown = false
  const page = await readPage(
    { ...request, defaultSize: 100 },
    ['progress', titleId, playerId, view, states],
    async (after, limit) => {
      const filter = { titleId, playerId, states, after, limit, stamp: known?.stamp }
      const read = await lists.read(services, filter, call.signal)
      stamp = read.stamp
      isKnown = read.progressList === undefined
      return read.progressList ?? []
    },
    ({ achievement }) => ({ key: BigInt(achievement.listOrder), id: achievement.id }),
  )
  if (isKnown && known !== undefined) return known.page
  if (page.items.length === 0) {
    await services.store.read(call.signal, (queries) => titleOf(queries, titleId))
    return page
  }
  const seen = { ...page, items: view === 'player' ? page.items.map(asPlayerSees) : page.items }
  if (stamp !== undefined) lists.pages.set(name, { stamp, page: seen })
  return seen
}
