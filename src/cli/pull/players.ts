import { Failure } from '../failure.ts'
import type { LinkedPlayer, PlayerSelector } from './job.ts'
import type { Laurel } from './laurel.ts'

/** A player to pull, or the reason why the selector names none. `key` identifies it in the state of the pull. */
export type ResolvedPlayer =
  | { readonly key: string; readonly player: LinkedPlayer }
  | { readonly key: string; readonly playerId: string; readonly refusal: { reason: string; message: string } }

/** The state of the pull stores the page, and which players of it are done. */
export interface PlayerPage {
  readonly players: readonly ResolvedPlayer[]
  /** The next page; undefined after the last. */
  readonly next: string | undefined
}

export const LINKED_ELSEWHERE = 'ACCOUNT_LINKED_ELSEWHERE'

const PAGE_SIZE = 100

/**
 * Reads `ID` (a player), `ID=ACCOUNT` (link that account to the player) or `=ACCOUNT` (the player of that account).
 * @throws Failure
 */
export function readSelector(text: string): PlayerSelector {
  const [, playerId = '', account] = /^([^=]*)(?:=(.*))?$/s.exec(text.trim()) ?? []
  if (account === '' || (playerId === '' && account === undefined)) {
    throw new Failure([`${JSON.stringify(text)} does not name a player: write ID, ID=ACCOUNT or =ACCOUNT`])
  }
  return { playerId: playerId === '' ? undefined : playerId, account }
}

/** Yields the players in pages; `''` is the first page. */
export async function* playerPages(
  laurel: Laurel,
  selectors: readonly PlayerSelector[] | 'all',
  from: string,
): AsyncGenerator<PlayerPage> {
  let token: string | undefined = from
  do {
    const page: PlayerPage =
      selectors === 'all'
        ? await linkedPlayers(laurel, token)
        : await selectedPlayers(laurel, selectors, token)
    yield page
    token = page.next
  } while (token !== undefined)
}

/** The server's players that have an account on the platform. */
async function linkedPlayers(laurel: Laurel, token: string): Promise<PlayerPage> {
  const { players, nextPageToken } = await laurel.listPlayers(token, PAGE_SIZE)
  const resolved = players.flatMap(({ playerId, accounts }) =>
    accounts
      .filter(({ dialect }) => dialect === laurel.dialect)
      .map(({ accountId }) => resolvedOf({ playerId, account: accountId, isLinked: true })),
  )
  return { players: resolved, next: nextPageToken || undefined }
}

async function selectedPlayers(
  laurel: Laurel,
  selectors: readonly PlayerSelector[],
  token: string,
): Promise<PlayerPage> {
  const start = Number(token || 0)
  const end = start + PAGE_SIZE
  const players: ResolvedPlayer[] = []
  for (const selector of selectors.slice(start, end)) players.push(await resolve(laurel, selector))
  return { players, next: end < selectors.length ? String(end) : undefined }
}

async function resolve(laurel: Laurel, { playerId, account }: PlayerSelector): Promise<ResolvedPlayer> {
  const refuse = (reason: string, message: string): ResolvedPlayer => ({
    key: JSON.stringify([playerId, account]),
    playerId: playerId ?? '',
    refusal: { reason, message },
  })
  if (account === undefined) {
    const id = playerId ?? ''
    const player = await laurel.findPlayer(id)
    if (player === undefined)
      return refuse('PLAYER_NOT_FOUND', `player ${id} does not exist: add the account, ${id}=ACCOUNT`)
    const own = player.accounts.find(({ dialect }) => dialect === laurel.dialect)
    if (own !== undefined) return resolvedOf({ playerId: id, account: own.accountId, isLinked: true })
    return refuse(
      'ACCOUNT_NOT_FOUND',
      `player ${id} has no account in ${laurel.dialect}: add it, ${id}=ACCOUNT`,
    )
  }
  const holder = await laurel.findHolder(account)
  if (holder === undefined) {
    return resolvedOf({ playerId: playerId ?? laurel.playerIdFor(account), account, isLinked: false })
  }
  if (playerId !== undefined && playerId !== holder) {
    return refuse(
      LINKED_ELSEWHERE,
      `account ${account} in ${laurel.dialect} belongs to player ${holder}, not to ${playerId}`,
    )
  }
  return resolvedOf({ playerId: holder, account, isLinked: true })
}

function resolvedOf(player: LinkedPlayer): ResolvedPlayer {
  return { key: JSON.stringify([player.playerId, player.account]), player }
}
