import type { ClientConfig } from '../../config.ts'
import type { EntryOutcome, ImportSummary, Loss } from '../../gen/laurel/v1/exchange.ts'
import {
  ExchangeServiceClient,
  ImportAchievementsRequest,
  ImportProgressRequest,
} from '../../gen/laurel/v1/exchange_service.ts'
import type { Player } from '../../gen/laurel/v1/player.ts'
import {
  CreatePlayerRequest,
  FindPlayerRequest,
  GetPlayerRequest,
  LinkAccountRequest,
  ListPlayersRequest,
  type ListPlayersResponse,
  PlayerServiceClient,
} from '../../gen/laurel/v1/player_service.ts'
import { type Progress, ProgressState } from '../../gen/laurel/v1/progress.ts'
import { ListProgressRequest, ProgressServiceClient } from '../../gen/laurel/v1/progress_service.ts'
import type { Title } from '../../gen/laurel/v1/title.ts'
import { GetTitleRequest, TitleServiceClient } from '../../gen/laurel/v1/title_service.ts'
import { formatJson } from '../../model/exact-json.ts'
import type { JsonValue } from '../../model/json.ts'
import { playerNamedAfter } from '../../service/players/accounts.ts'
import { ask, connect, converse } from '../client.ts'
import { Failure, remoteErrorIn } from '../failure.ts'
import type { Job } from './job.ts'
import type { Person } from './players.ts'

export const ALREADY_THERE = 'ACCOUNT_LINKED_ELSEWHERE'

const CHUNK_BYTES = 1024 * 1024

/** What came of a page of entries. */
export interface Imported {
  readonly outcomes: readonly EntryOutcome[]
  readonly losses: readonly Loss[]
  readonly summary: ImportSummary
}

interface Clients {
  readonly titles: TitleServiceClient
  readonly players: PlayerServiceClient
  readonly progress: ProgressServiceClient
  readonly exchange: ExchangeServiceClient
}

/** The server that is pulled into, as far as a pull needs it. */
export class Laurel implements Disposable {
  readonly dialect: string
  readonly #clients: Clients
  readonly #stack: DisposableStack
  readonly #signal: AbortSignal

  private constructor(dialect: string, clients: Clients, stack: DisposableStack, signal: AbortSignal) {
    this.dialect = dialect
    this.#clients = clients
    this.#stack = stack
    this.#signal = signal
  }

  static async connect(config: ClientConfig, dialect: string, signal: AbortSignal): Promise<Laurel> {
    using stack = new DisposableStack()
    const clients = {
      titles: stack.use(await connect(TitleServiceClient, config)),
      players: stack.use(await connect(PlayerServiceClient, config)),
      progress: stack.use(await connect(ProgressServiceClient, config)),
      exchange: stack.use(await connect(ExchangeServiceClient, config)),
    }
    return new Laurel(dialect, clients, stack.move(), signal)
  }

  [Symbol.dispose](): void {
    this.#stack.dispose()
  }

  async title(titleId: string): Promise<Title | undefined> {
    const { titles } = this.#clients
    const request = GetTitleRequest.fromPartial({ titleId })
    return (await unlessMissing(ask(titles, titles.getTitle, request, this.#signal)))?.title
  }

  async player(playerId: string): Promise<Player | undefined> {
    const { players } = this.#clients
    const request = GetPlayerRequest.fromPartial({ playerId })
    return (await unlessMissing(ask(players, players.getPlayer, request, this.#signal)))?.player
  }

  /** Who has an account; undefined where nobody has. */
  async holderOf(accountId: string): Promise<string | undefined> {
    const { players } = this.#clients
    const request = FindPlayerRequest.fromPartial({ dialect: this.dialect, accountId })
    return (await unlessMissing(ask(players, players.findPlayer, request, this.#signal)))?.player?.playerId
  }

  /** The player whom an account's first report makes. */
  nameAfter(account: string): string {
    return playerNamedAfter({ dialect: this.dialect, id: account })
  }

  listPlayers(pageToken: string, pageSize: number): Promise<ListPlayersResponse> {
    const { players } = this.#clients
    return ask(
      players,
      players.listPlayers,
      ListPlayersRequest.fromPartial({ pageToken, pageSize }),
      this.#signal,
    )
  }

  /** Gives a player their account, and makes them if they are not there. */
  async link({ playerId, account }: Person): Promise<void> {
    const { players } = this.#clients
    const parts = { dialect: this.dialect, accountId: account }
    const request = LinkAccountRequest.fromPartial({ playerId, account: parts })
    if (await unlessMissing(ask(players, players.linkAccount, request, this.#signal))) return
    const player = CreatePlayerRequest.fromPartial({ player: { playerId, accounts: [parts] } })
    await ask(players, players.createPlayer, player, this.#signal)
  }

  /** All that a player has of a title. */
  async *begun(titleId: string, playerId: string): AsyncGenerator<Progress> {
    const { progress } = this.#clients
    const states = [ProgressState.IN_PROGRESS, ProgressState.ACHIEVED]
    let pageToken = ''
    do {
      const request = ListProgressRequest.fromPartial({
        titleId,
        playerId,
        states,
        pageSize: 1000,
        pageToken,
      })
      const page = await unlessMissing(ask(progress, progress.listProgress, request, this.#signal))
      for (const { progress: each } of page?.items ?? []) if (each !== undefined) yield each
      pageToken = page?.nextPageToken ?? ''
    } while (pageToken !== '')
  }

  importDefinitions(job: Job, entries: readonly JsonValue[]): Promise<Imported> {
    const { exchange } = this.#clients
    const first = {
      ...ImportAchievementsRequest.fromPartial(optionsOf(job)),
      mapping: new Map(job.mapping),
      strategy: job.strategy,
      allowRebinding: job.allowRebinding,
    }
    const requests = requestsOf(first, ImportAchievementsRequest.fromPartial({}), entries)
    return imported(converse(() => exchange.importAchievements(), requests, this.#signal))
  }

  importProgress(job: Job, playerId: string, entries: readonly JsonValue[]): Promise<Imported> {
    const { exchange } = this.#clients
    const first = {
      ...ImportProgressRequest.fromPartial({ ...optionsOf(job), playerId }),
      mapping: new Map(job.mapping),
    }
    const requests = requestsOf(first, ImportProgressRequest.fromPartial({}), entries)
    return imported(converse(() => exchange.importProgress(), requests, this.#signal))
  }
}

function optionsOf({ dialect, titleId, dryRun, locale = '' }: Job) {
  return { dialect, titleId, dryRun, locale }
}

/** The options, and then the entries as one document. */
async function* requestsOf<Request>(first: Request, rest: Request, entries: readonly JsonValue[]) {
  yield first
  const document = Buffer.from(formatJson(entries))
  for (let at = 0; at < document.length; at += CHUNK_BYTES) {
    yield { ...rest, content: document.subarray(at, at + CHUNK_BYTES) }
  }
}

interface Answered {
  readonly outcomes: readonly EntryOutcome[]
  readonly losses: readonly Loss[]
  readonly summary?: ImportSummary | undefined
}

async function imported(responses: AsyncIterable<Answered>): Promise<Imported> {
  const all = await Array.fromAsync(responses)
  const summary = all.at(-1)?.summary
  if (summary === undefined) throw new Failure(['the answer was cut short: pull again, what is in stays'])
  return {
    outcomes: all.flatMap(({ outcomes }) => outcomes),
    losses: all.flatMap(({ losses }) => losses),
    summary,
  }
}

const MISSING = new Set(['TITLE_NOT_FOUND', 'PLAYER_NOT_FOUND', 'ACCOUNT_NOT_FOUND'])

async function unlessMissing<Response>(call: Promise<Response>): Promise<Response | undefined> {
  try {
    return await call
  } catch (error) {
    if (MISSING.has(remoteErrorIn(error)?.reason ?? '')) return undefined
    throw error
  }
}
