import type { StoredAchievement } from '../model/achievement.ts'
import type { Delivery } from '../model/delivery.ts'
import type { Destination } from '../model/destination.ts'
import { LaurelError } from '../model/errors.ts'
import type { Player } from '../model/player.ts'
import type { Stat } from '../model/stat.ts'
import type { Title } from '../model/title.ts'
import type { Queries } from '../store/queries.ts'

export function titleNotFound(titleId: string): LaurelError {
  const message = `title ${titleId} does not exist`
  return new LaurelError('not_found', 'TITLE_NOT_FOUND', message, { metadata: { titleId } })
}

export function achievementNotFound(titleId: string, achievementId: string): LaurelError {
  const message = `achievement ${achievementId} does not exist in title ${titleId}`
  return new LaurelError('not_found', 'ACHIEVEMENT_NOT_FOUND', message, {
    metadata: { titleId, achievementId },
  })
}

function playerNotFound(playerId: string): LaurelError {
  const message = `player ${playerId} does not exist`
  return new LaurelError('not_found', 'PLAYER_NOT_FOUND', message, { metadata: { playerId } })
}

/** Returns the error for a player without a row: merged into another one, or deleted. */
export function playerRemoved(playerId: string, survivingPlayerId: string | undefined): LaurelError {
  if (survivingPlayerId === undefined) return playerDeleted(playerId)
  const message = `player ${playerId} was merged into ${survivingPlayerId}: name that player`
  const metadata = { playerId, survivingPlayerId }
  return new LaurelError('failed_precondition', 'PLAYER_MERGED', message, { metadata })
}

export function mergeRefused(reason: string, metadata: Readonly<Record<string, string>>): LaurelError {
  const message = `the players cannot be merged: ${reason}`
  return new LaurelError('failed_precondition', 'MERGE_REFUSED', message, { metadata })
}

export function playerDeleted(playerId: string): LaurelError {
  const message =
    `player ${playerId}, or the player of this account, was deleted: ` +
    'nothing is recorded until a trusted caller creates the player anew or links the account to another one'
  return new LaurelError('failed_precondition', 'PLAYER_DELETED', message, { metadata: { playerId } })
}

export function statNotFound(titleId: string, code: string): LaurelError {
  const message = `stat ${code} does not exist in title ${titleId}`
  return new LaurelError('not_found', 'STAT_NOT_FOUND', message, { metadata: { titleId, statCode: code } })
}

export async function titleOf(queries: Queries, titleId: string): Promise<Title> {
  const title = await queries.titles.find(titleId)
  if (title === undefined) throw titleNotFound(titleId)
  return title
}

/** As `titleOf`; locks the title against other changes until the end of the transaction. */
export async function lockTitle(queries: Queries, titleId: string): Promise<Title> {
  const title = await queries.titles.lock(titleId)
  if (title === undefined) throw titleNotFound(titleId)
  return title
}

export async function achievementOf(
  queries: Queries,
  titleId: string,
  achievementId: string,
): Promise<StoredAchievement> {
  const [achievement] = await queries.achievements.listByIds(titleId, [achievementId])
  if (achievement !== undefined) return achievement
  await titleOf(queries, titleId)
  throw achievementNotFound(titleId, achievementId)
}

/** As `achievementOf`; locks the achievement against other changes until the end of the transaction. */
export async function lockAchievement(
  queries: Queries,
  titleId: string,
  achievementId: string,
): Promise<StoredAchievement> {
  const [achievement] = await queries.achievements.lock(titleId, [achievementId])
  if (achievement !== undefined) return achievement
  await titleOf(queries, titleId)
  throw achievementNotFound(titleId, achievementId)
}

/** As `achievementOf`; keeps the achievement from being changed or deleted until the end of the transaction. */
export async function lockAchievementShared(
  queries: Queries,
  titleId: string,
  achievementId: string,
): Promise<StoredAchievement> {
  const [achievement] = await queries.achievements.lockShared(titleId, [achievementId])
  return achievement ?? achievementOf(queries, titleId, achievementId)
}

/** Rejects a write that was made from an older version. Without an etag the caller overwrites any version. */
export function checkEtag(current: { readonly etag: string }, etag: string | undefined): void {
  if (etag === undefined || etag === current.etag) return
  const message = 'it has changed since it was read: read it again and repeat the change'
  throw new LaurelError('aborted', 'ETAG_MISMATCH', message, { metadata: { etag: current.etag } })
}

export async function playerOf(queries: Queries, playerId: string): Promise<Player> {
  const player = await queries.players.find(playerId)
  if (player === undefined) throw playerNotFound(playerId)
  return player
}

/** As `playerOf`; locks the player against other changes until the end of the transaction. */
export async function lockPlayer(queries: Queries, playerId: string): Promise<Player> {
  const player = await queries.players.lock(playerId)
  if (player === undefined) throw playerNotFound(playerId)
  return player
}

export async function statOf(queries: Queries, titleId: string, code: string): Promise<Stat> {
  const [stat] = await queries.stats.listByCodes(titleId, [code])
  if (stat !== undefined) return stat
  await titleOf(queries, titleId)
  throw statNotFound(titleId, code)
}

export async function destinationOf(
  queries: Queries,
  titleId: string,
  destinationId: string,
): Promise<Destination> {
  const destination = await queries.destinations.find(titleId, destinationId)
  return destination ?? missingDestination(queries, titleId, destinationId)
}

/** As `destinationOf`; locks the destination against other changes until the end of the transaction. */
export async function lockDestination(
  queries: Queries,
  titleId: string,
  destinationId: string,
): Promise<Destination> {
  const destination = await queries.destinations.lock(titleId, destinationId)
  return destination ?? missingDestination(queries, titleId, destinationId)
}

/** Locks a destination against deletion until the end of the transaction. */
export async function lockDestinationShared(
  queries: Queries,
  titleId: string,
  destinationId: string,
): Promise<void> {
  if (await queries.destinations.lockShared(titleId, destinationId)) return
  await missingDestination(queries, titleId, destinationId)
}

async function missingDestination(queries: Queries, titleId: string, destinationId: string): Promise<never> {
  await titleOf(queries, titleId)
  const message = `destination ${destinationId} does not exist in title ${titleId}`
  throw new LaurelError('not_found', 'DESTINATION_NOT_FOUND', message, {
    metadata: { titleId, destinationId },
  })
}

export async function deliveryOf(
  queries: Queries,
  key: { readonly titleId: string; readonly destinationId: string; readonly eventId: bigint },
): Promise<Delivery> {
  const { titleId, destinationId, eventId } = key
  const delivery = await queries.deliveries.find(titleId, destinationId, eventId)
  if (delivery !== undefined) return delivery
  await destinationOf(queries, titleId, destinationId)
  const message = `event ${eventId} was never for destination ${destinationId}, or its delivery has been purged`
  throw new LaurelError('not_found', 'DELIVERY_NOT_FOUND', message, {
    metadata: { destinationId, eventId: String(eventId) },
  })
}
