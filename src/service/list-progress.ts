import type { StoredAchievement } from '../model/achievement.ts'
import type { Progress, ProgressState } from '../model/progress.ts'
import { titleOf } from './lookup.ts'
import { readPage } from './paging.ts'
import type { Call, Page, Services } from './services.ts'
import { readStandings } from './standings-page.ts'

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

export interface PlayerStanding {
  readonly achievement: StoredAchievement
  readonly progress: Progress
}

/** All achievements of a title in list order, each with the player's standing on it, locked ones included. */
export async function listProgress(
  services: Services,
  request: ListProgress,
  call: Call,
): Promise<Page<PlayerStanding>> {
  const { titleId, playerId, view, states } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      { ...request, defaultSize: 100 },
      ['progress', titleId, playerId, view, states],
      (after, limit) => readStandings(services, queries, { titleId, playerId, states, after, limit }),
      ({ achievement }) => ({ key: BigInt(achievement.listOrder), id: achievement.id }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    const seen = view === 'player' ? page.items.map(asPlayerSees) : page.items
    return { items: seen, nextPageToken: page.nextPageToken }
  })
}

/** A hidden achievement before the unlock shows that it is there, where, and how far the player is. */
function asPlayerSees({ achievement, progress }: PlayerStanding): PlayerStanding {
  if (!achievement.hidden || progress.state === 'achieved') return { achievement, progress }
  const silent = { locale: achievement.name.locale, text: '', translations: {} }
  return {
    achievement: {
      ...achievement,
      name: silent,
      description: silent,
      lockedDescription: undefined,
      requirements: [],
      rewards: [],
      media: [],
      tags: [],
      productId: undefined,
      deepLink: undefined,
      estimatedTime: undefined,
      extensions: {},
    },
    progress: { ...progress, values: {}, extensions: {} },
  }
}
