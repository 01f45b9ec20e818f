import { Failure } from '../failure.ts'
import { ALREADY_THERE, type Laurel } from './laurel.ts'

/** Whom somebody named: a player of ours, an account there, or both. */
export interface Wanted {
  readonly playerId: string | undefined
  readonly account: string | undefined
}

/** Whose progress is pulled, or why it cannot be. */
export type Member =
  | { readonly key: string; readonly person: Person }
  | { readonly key: string; readonly playerId: string; readonly why: { reason: string; message: string } }

export interface Person {
  readonly playerId: string
  readonly account: string
  /** Whether the account is the player's already. */
  readonly linked: boolean
}

/** So many of the players, so that what is done of them can be kept. */
export interface Part {
  readonly members: readonly Member[]
  /** Which comes next; undefined after the last. */
  readonly next: string | undefined
}

const PART_SIZE = 100

/**
 * `ID` for a player of ours, `ID=ACCOUNT` to give them that account, `=ACCOUNT` for whoever has it.
 * @throws Failure
 */
export function readWanted(text: string): Wanted {
  const [, playerId = '', account] = /^([^=]*)(?:=(.*))?$/s.exec(text.trim()) ?? []
  if (account === '' || (playerId === '' && account === undefined)) {
    throw new Failure([`${JSON.stringify(text)} names no player: write ID, ID=ACCOUNT or =ACCOUNT`])
  }
  return { playerId: playerId === '' ? undefined : playerId, account }
}

/** The players from a part on: `''` is the first. */
export async function* partsOf(
  laurel: Laurel,
  wanted: readonly Wanted[] | 'all',
  from: string,
): AsyncGenerator<Part> {
  let part: string | undefined = from
  do {
    const found: Part = wanted === 'all' ? await allOf(laurel, part) : await named(laurel, wanted, part)
    yield found
    part = found.next
  } while (part !== undefined)
}

/** Of ours who have an account there, a page at a time. */
async function allOf(laurel: Laurel, token: string): Promise<Part> {
  const { players, nextPageToken } = await laurel.listPlayers(token, PART_SIZE)
  const members = players.flatMap(({ playerId, accounts }) =>
    accounts
      .filter(({ dialect }) => dialect === laurel.dialect)
      .map(({ accountId }) => memberOf({ playerId, account: accountId, linked: true })),
  )
  return { members, next: nextPageToken || undefined }
}

async function named(laurel: Laurel, wanted: readonly Wanted[], from: string): Promise<Part> {
  const start = Number(from || 0)
  const end = start + PART_SIZE
  const members: Member[] = []
  for (const each of wanted.slice(start, end)) members.push(await find(laurel, each))
  return { members, next: end < wanted.length ? String(end) : undefined }
}

async function find(laurel: Laurel, { playerId, account }: Wanted): Promise<Member> {
  const refuse = (reason: string, message: string): Member => ({
    key: JSON.stringify([playerId, account]),
    playerId: playerId ?? '',
    why: { reason, message },
  })
  if (account === undefined) {
    const id = playerId ?? ''
    const player = await laurel.player(id)
    if (player === undefined)
      return refuse('PLAYER_NOT_FOUND', `player ${id} does not exist: give their account, ${id}=ACCOUNT`)
    const own = player.accounts.find(({ dialect }) => dialect === laurel.dialect)
    if (own !== undefined) return memberOf({ playerId: id, account: own.accountId, linked: true })
    return refuse(
      'ACCOUNT_NOT_FOUND',
      `player ${id} has no account in ${laurel.dialect}: give it, ${id}=ACCOUNT`,
    )
  }
  const holder = await laurel.holderOf(account)
  if (holder === undefined) {
    return memberOf({ playerId: playerId ?? laurel.nameAfter(account), account, linked: false })
  }
  if (playerId !== undefined && playerId !== holder) {
    return refuse(
      ALREADY_THERE,
      `account ${account} in ${laurel.dialect} is player ${holder}'s, not ${playerId}'s`,
    )
  }
  return memberOf({ playerId: holder, account, linked: true })
}

function memberOf(person: Person): Member {
  return { key: JSON.stringify([person.playerId, person.account]), person }
}
