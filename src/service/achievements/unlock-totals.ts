import type { UnlockTotal } from '../../store/achievements/unlock-totals.ts'
import type { Call } from '../call.ts'
import { type Page, readPage } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'

/** How many players have unlocked an achievement. */
export interface UnlockShare extends UnlockTotal {
  /** Of the title's players, from 0 to 100. 0 without players. */
  readonly unlockedPercent: number
}

export interface ListUnlockTotals {
  readonly titleId: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

export interface UnlockTotalsPage extends Page<UnlockShare> {
  /** The players with a row of the title. */
  readonly playerCount: bigint
}

/**
 * Returns a page of the numbers of players who unlocked each achievement of a title, in order of id, without drafts; for a player, without
 * retired achievements that the player has not.
 */
export async function listUnlockTotals(
  services: Services,
  request: ListUnlockTotals,
  call: Call,
): Promise<UnlockTotalsPage> {
  const { titleId } = request
  const { principal } = call
  const viewerId = principal.kind === 'player' ? principal.playerId : undefined
  const { items, nextPageToken } = await services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['unlockTotals', titleId],
      (after, limit) => queries.unlockTotals.list(titleId, { afterId: after?.id ?? '', limit, viewerId }),
      ({ achievementId }) => ({ key: 0n, id: achievementId }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return page
  })
  return { nextPageToken, ...(await sharesOf(services, titleId, items)) }
}

/** Returns how many players have unlocked each achievement of a title, by the achievement's id. */
export async function findUnlockShares(
  services: Services,
  { titleId }: { readonly titleId: string },
  call: Call,
): Promise<ReadonlyMap<string, UnlockShare>> {
  const totals = await services.store.read(call.signal, async (queries) => {
    const found = await queries.unlockTotals.list(titleId)
    if (found.length === 0) await titleOf(queries, titleId)
    return found
  })
  const { items } = await sharesOf(services, titleId, totals)
  return new Map(items.map((share) => [share.achievementId, share]))
}

async function sharesOf(
  { playerCounts }: Services,
  titleId: string,
  totals: readonly UnlockTotal[],
): Promise<Pick<UnlockTotalsPage, 'items' | 'playerCount'>> {
  const playerCount = await playerCounts.get(titleId)
  const items = totals.map(({ achievementId, unlockedCount }) => {
    const percent = playerCount === 0n ? 0 : (100 * Number(unlockedCount)) / Number(playerCount)
    // The number of players may be older than the unlocks.
    return { achievementId, unlockedCount, unlockedPercent: Math.min(percent, 100) }
  })
  return { items, playerCount }
}
