import { LaurelError } from '../../model/errors.ts'
import type { Player } from '../../model/player.ts'
import { playerChange } from '../audit/changes.ts'
import type { Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { type Page, readPage } from '../paging.ts'
import { checkEtag, lockPlayer, playerOf } from '../require.ts'
import type { Services } from '../services.ts'
import { insertAccount, tombstoneOf } from './accounts.ts'
import { playerEvents } from './player-events.ts'

export async function getPlayer(
  services: Services,
  { playerId }: { readonly playerId: string },
  call: Call,
): Promise<Player> {
  return services.store.read(call.signal, (queries) => playerOf(queries, playerId))
}

/** Returns the player of an account. */
export async function findPlayer(
  services: Services,
  { dialect, accountId }: { readonly dialect: string; readonly accountId: string },
  call: Call,
): Promise<Player> {
  return services.store.read(call.signal, async (queries) => {
    const playerId = await queries.accounts.findPlayer({ dialect, id: accountId })
    if (playerId !== undefined) return playerOf(queries, playerId)
    const message = `no player has account ${accountId} in ${dialect}`
    throw new LaurelError('not_found', 'ACCOUNT_NOT_FOUND', message, { metadata: { dialect, accountId } })
  })
}

export interface ListPlayers {
  /** The beginning of the id, of the name or of an account; empty for no filter. */
  readonly prefix: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/** Returns a page of players in order of id. */
export async function listPlayers(
  services: Services,
  request: ListPlayers,
  call: Call,
): Promise<Page<Player>> {
  const { prefix } = request
  return services.store.read(call.signal, (queries) =>
    readPage(
      request,
      ['players', prefix],
      (after, limit) =>
        prefix === ''
          ? queries.players.list(after?.id ?? '', limit)
          : queries.players.listByPrefix(prefix, after?.id ?? '', limit),
      ({ id }) => ({ key: 0n, id }),
    ),
  )
}

export interface CreatePlayer {
  readonly player: Pick<Player, 'id' | 'displayName' | 'accounts'>
  readonly requestId: string | undefined
}

/**
 * Creates a player. Reports of the player and its accounts are accepted again if a player with this id was deleted.
 * @throws LaurelError ALREADY_EXISTS for a player of this id, or one who was merged, or an account that another player has.
 */
export async function createPlayer(services: Services, request: CreatePlayer, call: Call): Promise<Player> {
  return mutateIdempotently(
    services,
    'createPlayer',
    { playerId: request.player.id },
    request,
    call,
    async (queries) => {
      const { id, displayName, accounts } = request.player
      if ((await queries.players.find(id)) !== undefined) throw playerExists(id)
      const now = services.now()
      await queries.players.insert({ id, displayName, accounts, createTime: now, updateTime: now, etag: '' })
      if ((await queries.aliases.find([id])).size > 0) throw playerExists(id)
      await queries.tombstones.delete({ kind: 'player', id })
      for (const [index, account] of accounts.entries())
        await insertAccount(services, queries, account, id, `player.accounts[${index}]`)
      const created = await playerOf(queries, id)
      return { result: created, change: playerChange(undefined, created) }
    },
  )
}

function playerExists(id: string): LaurelError {
  const message = `player ${id} exists already`
  return new LaurelError('already_exists', 'PLAYER_EXISTS', message, { metadata: { playerId: id } })
}

export interface UpdatePlayer {
  readonly playerId: string
  readonly etag: string | undefined
  readonly patch: { readonly displayName?: string }
  readonly requestId: string | undefined
}

export async function updatePlayer(services: Services, request: UpdatePlayer, call: Call): Promise<Player> {
  const { playerId, patch } = request
  return mutateIdempotently(services, 'updatePlayer', { playerId }, request, call, async (queries) => {
    const current = await lockPlayer(queries, playerId)
    checkEtag(current, request.etag)
    await queries.players.update(playerId, patch.displayName ?? current.displayName, services.now())
    const updated = await playerOf(queries, playerId)
    return { result: updated, change: playerChange(current, updated) }
  })
}

export interface DeletePlayer {
  readonly playerId: string
  readonly etag: string | undefined
  /** Stored in the audit entry. */
  readonly reason?: string | undefined
  readonly requestId: string | undefined
}

/**
 * Deletes all data of a player: accounts, progress, stat values, events, deliveries and stored responses. In audit entries, a
 * digest takes the place of its id, and records and reasons are removed. Tombstones make
 * later reports of the player, of players merged into it and of its accounts fail, and an event in each of its titles says that copies must be deleted.
 * Deliveries are deleted once more at the end: a server may have been enqueueing events that it read before they were deleted.
 */
export async function deletePlayer(services: Services, request: DeletePlayer, call: Call): Promise<void> {
  const { playerId } = request
  let ids = [playerId]
  await mutateIdempotently(services, 'deletePlayer', { playerId }, request, call, async (queries) => {
    checkEtag(await lockPlayer(queries, playerId), request.etag)
    const now = services.now()
    const titleIds = await queries.players.lockTitles(playerId)
    ids = [playerId, ...(await queries.aliases.deleteOfPlayer(playerId))]
    await queries.unlockTotals.subtractDeleted(ids)
    const accounts = []
    for (const id of ids) accounts.push(...(await queries.players.delete(id)))
    const players = ids.map((id) => ({ kind: 'player', id }) as const)
    await queries.tombstones.insert([...players, ...accounts.map(tombstoneOf)], now)
    const change = { time: now, actor: call.actor, reason: '', requestId: request.requestId ?? '' }
    await queries.events.insert(ids.flatMap((id) => playerEvents('player_deleted', id, titleIds, change)))
    await queries.idempotency.redactPlayers(ids)
    await queries.migrationJobs.deleteOfPlayers(ids)
    const digest = (await queries.auditEntries.redactPlayers(ids)).get(playerId) ?? ''
    const { reason = '' } = request
    const resource = { resourceType: 'player', titleId: '', resourceId: digest, playerId: digest } as const
    return { result: undefined, change: { ...resource, reason } }
  })
  await services.store.write(call.signal, (queries) => queries.players.deleteEnqueuedDeliveries(ids))
}
