import { createHash } from 'node:crypto'
import { LaurelError } from '../../model/errors.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Account, Player } from '../../model/player.ts'
import { isLongerThan } from '../../model/text-length.ts'
import type { TombstoneKey } from '../../store/players/tombstones.ts'
import type { Queries } from '../../store/queries.ts'
import { playerChange } from '../audit/changes.ts'
import type { Mutation } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import { dialectOf } from '../exchange/dialects.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { lockPlayer, playerDeleted, playerOf } from '../require.ts'
import type { Services } from '../services.ts'

export interface LinkAccount {
  readonly playerId: string
  readonly account: Account
  /** Stored in the audit entry. */
  readonly reason?: string | undefined
  readonly requestId: string | undefined
}

/**
 * Links an account to a player; an account that the player has already changes nothing.
 * @throws LaurelError ALREADY_EXISTS when another player has it.
 */
export async function linkAccount(services: Services, request: LinkAccount, call: Call): Promise<Player> {
  const { playerId, account } = request
  const linked = await mutateIdempotently(
    services,
    'linkAccount',
    { playerId },
    request,
    call,
    async (queries) => {
      const player = await lockPlayer(queries, playerId)
      await insertAccount(services, queries, account, playerId)
      return touchPlayer(services, queries, player, request.reason)
    },
  )
  // Once more after the commit: until then, other transactions could park deliveries, and pulls, for want of this account.
  await services.store.single(call.signal, (queries) =>
    queries.replays.requeueWaiting([playerId], account.dialect),
  )
  await services.store.single(call.signal, (queries) => queries.migrationPulls.retryUnlinked(playerId))
  return linked
}

/** @throws LaurelError NOT_FOUND when the player does not have the account. */
export async function unlinkAccount(services: Services, request: LinkAccount, call: Call): Promise<Player> {
  const { playerId, account } = request
  return mutateIdempotently(services, 'unlinkAccount', { playerId }, request, call, async (queries) => {
    const player = await lockPlayer(queries, playerId)
    if (!(await queries.accounts.delete(account, playerId))) {
      const message = `player ${playerId} has no account ${account.id} in ${account.dialect}`
      const metadata = { playerId, dialect: account.dialect, accountId: account.id }
      throw new LaurelError('not_found', 'ACCOUNT_NOT_FOUND', message, { metadata })
    }
    return touchPlayer(services, queries, player, request.reason)
  })
}

/** Raises the etag of a player whose accounts have changed. */
async function touchPlayer(
  services: Services,
  queries: Queries,
  before: Player,
  reason: string | undefined,
): Promise<Mutation<Player>> {
  await queries.players.update(before.id, before.displayName, services.now())
  const after = await playerOf(queries, before.id)
  return { result: after, change: playerChange(before, after, reason) }
}

/**
 * Links an account unless the player has it already, and requeues the deliveries that waited for it. Reports of the account
 * are accepted again, even if its previous player was deleted.
 */
export async function insertAccount(
  services: Services,
  queries: Queries,
  account: Account,
  playerId: string,
  field = 'account',
): Promise<void> {
  checkAccount(services, account, field)
  await queries.tombstones.delete(tombstoneOf(account))
  if (await queries.accounts.insert(account, playerId)) {
    await queries.replays.requeueWaiting([playerId], account.dialect)
    return
  }
  const owner = await queries.accounts.findPlayer(account)
  if (owner === playerId) return
  const message = `account ${account.id} in ${account.dialect} belongs to another player: unlink it there first`
  const metadata = { dialect: account.dialect, accountId: account.id }
  throw new LaurelError('already_exists', 'ACCOUNT_LINKED_ELSEWHERE', message, { metadata })
}

export interface AccountHolder {
  readonly playerId: string
  /** False for an account that no player has: the id is of the player that its first write will create. */
  readonly linked: boolean
}

/** Returns the player of an account, or the player that the account's first write will create. */
export async function playerOfAccount(
  services: Services,
  account: Account,
  call: Pick<Call, 'signal'>,
): Promise<AccountHolder> {
  return services.store.read(call.signal, async (queries) => {
    const playerId = await queries.accounts.findPlayer(account)
    if (playerId !== undefined) return { playerId, linked: true }
    const name = playerNamedAfter(account)
    return { playerId: (await queries.aliases.find([name])).get(name) ?? name, linked: false }
  })
}

/**
 * Returns the player of an account. An account that no player has is linked to a new player named after it, because writes
 * through a dialect need no registration.
 * @throws LaurelError PLAYER_DELETED
 */
export async function admitAccount(
  services: Services,
  account: Account,
  call: Call,
): Promise<{ readonly playerId: string }> {
  checkAccount(services, account)
  const { playerId, linked } = await playerOfAccount(services, account, call)
  if (linked) return { playerId }
  checkAdmission(account, playerId, call)
  return services.store.write(call.signal, async (queries) => {
    await queries.players.insertMissing([playerId], services.now())
    if ((await queries.tombstones.find([playerId])).size > 0) throw playerDeleted(playerId)
    if (await queries.accounts.insert(account, playerId)) {
      await queries.replays.requeueWaiting([playerId], account.dialect)
    }
    return { playerId: (await queries.accounts.findPlayer(account)) ?? playerId }
  })
}

export interface AccountOfPlayer {
  readonly dialect: string
  /** The caller needs the permission to read the player's progress in this title. */
  readonly titleId: string
  readonly playerId: string
}

/**
 * Returns a player's account id in a dialect: the linked account, of several the first by id; else the account that the
 * player is named after, unless it is linked to another player. Undefined for a player without an account there.
 */
export async function accountOfPlayer(
  services: Services,
  { dialect, playerId }: AccountOfPlayer,
  call: Call,
): Promise<string | undefined> {
  return services.store.read(call.signal, (queries) => findAccount(queries, dialect, playerId))
}

/** As `accountOfPlayer`. */
export async function findAccount(
  queries: Queries,
  dialect: string,
  playerId: string,
): Promise<string | undefined> {
  const linked = (await queries.accounts.listOfPlayers(dialect, [playerId])).get(playerId)
  const prefix = playerNamedAfter({ dialect, id: '' })
  if (linked !== undefined || !playerId.startsWith(prefix)) return linked
  const id = playerId.slice(prefix.length)
  const owner = await queries.accounts.findPlayer({ dialect, id })
  return owner === undefined ? id : undefined
}

/** Returns the id of the player that is created for an account. It holds a hash if the account id is too long. */
export function playerNamedAfter({ dialect, id }: Account): string {
  const name = `${dialect}:${id}`
  if (!isLongerThan(name, LIMITS.id)) return name
  return `${dialect}:#${createHash('sha256').update(id).digest('hex')}`
}

/** Returns the key of an account's tombstone. */
export function tombstoneOf(account: Account): TombstoneKey {
  return { kind: 'account', id: playerNamedAfter(account) }
}

/** Checks that the dialect exists, and that the id has the form of account ids there. */
function checkAccount(services: Services, { dialect, id }: Account, field = 'account'): void {
  const adapter = dialectOf(services, dialect)
  if (adapter.ids.account.accepts(id)) return
  const message = `account ${id} is no account id of ${dialect}, which is ${adapter.ids.account.form}: take the id that ${adapter.displayName} gives the player`
  throw new LaurelError('invalid_argument', 'INVALID_FIELD', message, {
    violations: [{ field: `${field}.account_id`, message: `must be ${adapter.ids.account.form}` }],
  })
}

/** Rejects a player who admits another account: a player could take accounts of others before they link them. */
function checkAdmission({ dialect, id }: Account, playerId: string, { principal }: Call): void {
  if (principal.kind !== 'player' || principal.playerId === playerId) return
  const message = `account ${id} of ${dialect} is not the player's own: a trusted service must link it`
  throw new LaurelError('permission_denied', 'PERMISSION_DENIED', message)
}
