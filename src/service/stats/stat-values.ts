import { LaurelError } from '../../model/errors.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Stat, StatValue, StatWriter } from '../../model/stat.ts'
import type { StatHolderFilter } from '../../store/stats/stats.ts'
import type { Call } from '../call.ts'
import { mutatePlayerTitle } from '../progress/mutate-player-title.ts'
import type { RecordStats, RecordStatsResult } from '../progress/writer/contract.ts'
import { statOf, titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { lockStats, statValueNotFound, writerOf } from './stat-updates.ts'

/**
 * Writes a player's stats and, in the same transaction, the progress on each achievement that follows them.
 * @throws LaurelError for a value outside its stat's bounds: it is rejected, not clamped; SERVER_ONLY for a client's
 *   update of a stat that only servers may write.
 */
export async function recordStats(
  services: Services,
  request: RecordStats,
  call: Call,
): Promise<RecordStatsResult> {
  const outcome = await services.progressWriter.recordStats({ request, call })
  if (outcome instanceof LaurelError) throw outcome
  return outcome
}

/** Returns a player's values of a title's stats in order of code. Stats still at their default are left out. */
export async function listStatValues(
  services: Services,
  request: PlayerTitleKey,
  call: Call,
): Promise<readonly StatValue[]> {
  return services.store.read(call.signal, async (queries) => {
    const values = await queries.stats.listValues(request)
    if (values.length === 0) await titleOf(queries, request.titleId)
    return values
  })
}

export interface StatItem {
  readonly stat: Stat
  /** Undefined while the stat is at its default. */
  readonly value: StatValue | undefined
}

const PAGE_SIZE = 1000

/** Returns all stats of a title in order of code, each with the player's value. */
export async function listStatItems(
  services: Services,
  request: PlayerTitleKey,
  call: Call,
): Promise<readonly StatItem[]> {
  const { titleId } = request
  return services.store.read(call.signal, async (queries) => {
    const values = new Map((await queries.stats.listValues(request)).map((value) => [value.code, value]))
    const items: StatItem[] = []
    for (;;) {
      const { items: stats, isCut } = await queries.stats.list(
        titleId,
        items.at(-1)?.stat.code ?? '',
        PAGE_SIZE,
      )
      items.push(...stats.map((stat) => ({ stat, value: values.get(stat.code) })))
      if (stats.length < PAGE_SIZE && !isCut) break
    }
    if (items.length === 0) await titleOf(queries, titleId)
    return items
  })
}

export interface ListStatHolders extends StatHolderFilter {
  /** The dialect of the returned accounts. */
  readonly dialect: string
}

export interface StatHolder extends StatValue {
  readonly playerId: string
  /** Undefined if the player has no account in the dialect. */
  readonly account: string | undefined
}

/** Returns players with their values of a stat, sorted by the value, from `offset` on. */
export async function listStatHolders(
  services: Services,
  { dialect, ...filter }: ListStatHolders,
  call: Call,
): Promise<readonly StatHolder[]> {
  return services.store.read(call.signal, async (queries) => {
    const holders = await queries.stats.listHolders(filter)
    if (holders.length === 0) await statOf(queries, filter.titleId, filter.code)
    const accounts = await queries.accounts.listOfPlayers(
      dialect,
      holders.map(({ playerId }) => playerId),
    )
    return holders.map((holder) => ({ ...holder, account: accounts.get(holder.playerId) }))
  })
}

export interface DeleteStatValue extends PlayerTitleKey {
  readonly code: string
  readonly requestId: string | undefined
  /** As in `RecordStats`. */
  readonly writer?: StatWriter
}

/**
 * Deletes a player's value of a stat, so that the default applies again. Progress that followed the value stays.
 * @throws LaurelError STAT_VALUE_NOT_FOUND if the player has no value of the stat.
 */
export async function deleteStatValue(
  services: Services,
  request: DeleteStatValue,
  call: Call,
): Promise<void> {
  await mutatePlayerTitle(
    services,
    'deleteStatValue',
    request,
    call,
    (queries) => lockStats(queries, request.titleId, [request.code], writerOf(request, call)),
    async (queries) => {
      if (!(await queries.stats.deleteValue(request, request.code)))
        throw statValueNotFound(request, request.code)
      const { titleId, playerId, code } = request
      const change = { resourceType: 'stat_value', titleId, resourceId: code, playerId } as const
      return { result: undefined, change }
    },
  )
}
