import type { ClientConfig } from '../../config.ts'
import type { ImportSummary } from '../../gen/laurel/v1/exchange.ts'
import { ExchangeServiceClient } from '../../gen/laurel/v1/exchange_service.ts'
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
import { callUnary, connect } from '../client.ts'
import { Failure, remoteErrorIn } from '../failure.ts'
import { callImport, type ImportMessage, type ImportRequest } from '../import-call.ts'
import type { Job, LinkedPlayer } from './job.ts'

const CHUNK_BYTES = 1024 * 1024

export type ImportResult = ImportMessage & { readonly summary: ImportSummary }

interface Clients {
  readonly titles: TitleServiceClient
  readonly players: PlayerServiceClient
  readonly progress: ProgressServiceClient
  readonly exchange: ExchangeServiceClient
}

/** The calls of a pull to the Laurel server. */
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

  async findTitle(titleId: string): Promise<Title | undefined> {
    const { titles } = this.#clients
    const request = GetTitleRequest.fromPartial({ titleId })
    return (await undefinedIfMissing(callUnary(titles, titles.getTitle, request, this.#signal)))?.title
  }

  async findPlayer(playerId: string): Promise<Player | undefined> {
    const { players } = this.#clients
    const request = GetPlayerRequest.fromPartial({ playerId })
    return (await undefinedIfMissing(callUnary(players, players.getPlayer, request, this.#signal)))?.player
  }

  /** Returns the player that an account is linked to. */
  async findHolder(accountId: string): Promise<string | undefined> {
    const { players } = this.#clients
    const request = FindPlayerRequest.fromPartial({ dialect: this.dialect, accountId })
    return (await undefinedIfMissing(callUnary(players, players.findPlayer, request, this.#signal)))?.player
      ?.playerId
  }

  /** Returns the id of the player that the account's first report would create. */
  playerIdFor(account: string): string {
    return playerNamedAfter({ dialect: this.dialect, id: account })
  }

  listPlayers(pageToken: string, pageSize: number): Promise<ListPlayersResponse> {
    const { players } = this.#clients
    return callUnary(
      players,
      players.listPlayers,
      ListPlayersRequest.fromPartial({ pageToken, pageSize }),
      this.#signal,
    )
  }

  /** Links an account to a player, and creates the player if missing. */
  async link({ playerId, account }: LinkedPlayer): Promise<void> {
    const { players } = this.#clients
    const parts = { dialect: this.dialect, accountId: account }
    const request = LinkAccountRequest.fromPartial({ playerId, account: parts })
    if (await undefinedIfMissing(callUnary(players, players.linkAccount, request, this.#signal))) return
    const player = CreatePlayerRequest.fromPartial({ player: { playerId, accounts: [parts] } })
    await callUnary(players, players.createPlayer, player, this.#signal)
  }

  /** Yields a player's progress on a title. */
  async *listProgress(titleId: string, playerId: string): AsyncGenerator<Progress> {
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
      const page = await undefinedIfMissing(callUnary(progress, progress.listProgress, request, this.#signal))
      for (const item of page?.items ?? []) if (item.progress !== undefined) yield item.progress
      pageToken = page?.nextPageToken ?? ''
    } while (pageToken !== '')
  }

  importDefinitions(job: Job, entries: readonly JsonValue[]): Promise<ImportResult> {
    const { strategy, allowRebinding } = job
    return this.#import({ ...requestOf(job), definitions: { strategy, allowRebinding } }, entries)
  }

  importProgress(job: Job, playerId: string, entries: readonly JsonValue[]): Promise<ImportResult> {
    return this.#import({ ...requestOf(job), playerId, definitions: undefined }, entries)
  }

  async #import(request: ImportRequest, entries: readonly JsonValue[]): Promise<ImportResult> {
    const chunks = chunksOf(Buffer.from(formatJson(entries)))
    const messages = await Array.fromAsync(callImport(this.#clients.exchange, request, chunks, this.#signal))
    const summary = messages.at(-1)?.summary
    if (summary === undefined)
      throw new Failure(['the response was cut short: pull again, entries that are imported stay'])
    return {
      outcomes: messages.flatMap(({ outcomes }) => outcomes),
      losses: messages.flatMap(({ losses }) => losses),
      summary,
    }
  }
}

function requestOf({ dialect, titleId, dryRun, applyRevocations, locale = '', mapping }: Job) {
  return { dialect, titleId, dryRun, applyRevocations, locale, mapping }
}

function* chunksOf(document: Buffer): Generator<Uint8Array> {
  for (let at = 0; at < document.length; at += CHUNK_BYTES) yield document.subarray(at, at + CHUNK_BYTES)
}

const NOT_FOUND_REASONS = new Set(['TITLE_NOT_FOUND', 'PLAYER_NOT_FOUND', 'ACCOUNT_NOT_FOUND'])

async function undefinedIfMissing<Response>(call: Promise<Response>): Promise<Response | undefined> {
  try {
    return await call
  } catch (error) {
    if (NOT_FOUND_REASONS.has(remoteErrorIn(error)?.reason ?? '')) return undefined
    throw error
  }
}
