import { invalidArgument } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Player } from '../../model/player.ts'
import type { Queries } from '../../store/queries.ts'
import type { Change } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { formatStoredResult } from '../progress/writer/response-text.ts'
import { lockPlayer, mergeRefused, playerOf } from '../require.ts'
import type { Services } from '../services.ts'
import { lockMergedTitle, mergePlayerTitle } from './merge-player-title.ts'
import { playerEvents } from './player-events.ts'

export interface MergePlayers {
  /** The surviving player. */
  readonly playerId: string
  readonly absorbedPlayerId: string
  /** Stored in the events. */
  readonly reason: string
  readonly requestId: string | undefined
}

/**
 * Merges a player into another, in one transaction. The absorbed id then names the surviving player. A second transaction moves the
 * deliveries, after servers that were enqueueing events from before the merge, and has lazy sources asked again. After a crash between the
 * two, a repeated call does that.
 * @throws LaurelError MERGE_REFUSED where no rule decides.
 */
export async function mergePlayers(services: Services, request: MergePlayers, call: Call): Promise<Player> {
  const { playerId, absorbedPlayerId: absorbedId } = request
  if (playerId === absorbedId) {
    throw invalidArgument([
      { field: 'absorbed_player_id', message: 'must name another player than player_id' },
    ])
  }
  const player = await mutateIdempotently(
    services,
    'mergePlayers',
    { playerId },
    request,
    call,
    async (queries) => {
      // Sorted, so that two merges cannot deadlock.
      for (const id of [playerId, absorbedId].sort()) await queries.players.lock(id)
      const aliases = await queries.aliases.find([playerId, absorbedId])
      const survivorId = aliases.get(playerId) ?? playerId
      const earlierSurvivor = aliases.get(absorbedId)
      if (earlierSurvivor === survivorId)
        return { result: await playerOf(queries, survivorId), change: undefined }
      if (earlierSurvivor !== undefined)
        throw mergeRefused(`${absorbedId} was merged into ${earlierSurvivor} before`, {
          absorbedPlayerId: absorbedId,
          playerId,
        })
      if (survivorId === absorbedId)
        throw mergeRefused(`${playerId} was merged into ${absorbedId} before`, {
          absorbedPlayerId: absorbedId,
          playerId,
        })
      const absorbed = await lockPlayer(queries, absorbedId)
      await merge(queries, { ...request, playerId: survivorId }, absorbed, services.now(), call)
      const survivor = await playerOf(queries, survivorId)
      return { result: survivor, change: mergeChange(absorbed, survivor, request.reason) }
    },
  )
  await services.store.write(call.signal, async (queries) => {
    await queries.playerMerges.moveDeliveries({ absorbedId, playerId: player.id })
    await queries.migrationPulls.retryUnlinked(player.id)
  })
  return player
}

/** The absorbed player's record becomes part of the surviving player's. */
function mergeChange(before: Player, after: Player, reason: string): Change<'player'> {
  return {
    resourceType: 'player',
    titleId: '',
    resourceId: before.id,
    playerId: after.id,
    before,
    after,
    reason,
  }
}

/**
 * Stores the responses to the absorbed player's reports for the surviving player. A response of the surviving player to
 * the same request is found before them.
 */
async function copyRecordedResponses(
  queries: Queries,
  { absorbedId, playerId }: { readonly absorbedId: string; readonly playerId: string },
  now: Instant,
): Promise<void> {
  for (let last = 0n; ; ) {
    const recorded = await queries.progressChanges.listRecordedOfPlayer(absorbedId, last)
    if (recorded.length === 0) return
    last = recorded.at(-1)?.eventId ?? last
    const responses = recorded.map(({ result, ...key }) => ({
      ...key,
      playerId,
      response: formatStoredResult(result),
    }))
    await queries.idempotency.insertMissing(responses, now)
  }
}

async function merge(
  queries: Queries,
  { playerId, absorbedPlayerId: absorbedId, reason, requestId }: MergePlayers,
  absorbed: Player,
  now: Instant,
  { actor }: Call,
): Promise<void> {
  const ids = { absorbedId, playerId }
  const player = await lockPlayer(queries, playerId)
  // Definitions before players' titles, as in every transaction.
  const before = await queries.playerTitles.listOfPlayer(absorbedId)
  const locked = new Map<string, Awaited<ReturnType<typeof lockMergedTitle>>>()
  for (const { titleId } of before) locked.set(titleId, await lockMergedTitle(queries, titleId))
  const [titleIds] = [
    await queries.players.lockTitles(absorbedId),
    await queries.players.lockTitles(playerId),
  ]
  const attribution = { actor, reason, requestId: requestId ?? '' }
  for (const titleId of titleIds) {
    const title = locked.get(titleId) ?? (await lockMergedTitle(queries, titleId))
    await mergePlayerTitle(queries, { ...ids, titleId, ...title }, now, attribution)
  }
  await queries.playerMerges.addContributions(ids)
  await queries.playerMerges.moveResponses(ids)
  await queries.migrationPulls.copyResets(ids)
  await copyRecordedResponses(queries, ids, now)
  const accounts = await queries.playerMerges.moveAccounts(ids)
  if (accounts.length > LIMITS.accounts) {
    throw mergeRefused(
      `the players have ${accounts.length} accounts, and a player has at most ${LIMITS.accounts}`,
      { absorbedPlayerId: absorbedId, playerId },
    )
  }
  await queries.unlockTotals.subtractMerged(absorbedId)
  await queries.aliases.insert({ id: absorbedId, playerId, actor, reason, createTime: now })
  await queries.players.deleteRows([absorbedId])
  await queries.players.update(playerId, player.displayName || absorbed.displayName, now)
  for (const dialect of new Set(accounts.map((account) => account.dialect)))
    await queries.replays.requeueWaiting([playerId], dialect)
  await queries.events.insert(
    playerEvents('player_merged', absorbedId, titleIds, { time: now, ...attribution }),
  )
}
