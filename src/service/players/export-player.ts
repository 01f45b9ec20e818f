import type { AuditEntry } from '../../model/audit.ts'
import type { Contribution } from '../../model/community.ts'
import type { Delivery } from '../../model/delivery.ts'
import type { EventWithProgress } from '../../model/event.ts'
import type { Player, PlayerSummary } from '../../model/player.ts'
import type { Progress, ProgressKey } from '../../model/progress.ts'
import type { StatValue } from '../../model/stat.ts'
import { listAuditEntries } from '../audit/list-audit-entries.ts'
import type { Call } from '../call.ts'
import { readEventPage } from '../events/list-events.ts'
import { type Page, type Paging, readPage } from '../paging.ts'
import { getPlayerSummary } from '../progress/get-progress.ts'
import { listProgress } from '../progress/list-progress.ts'
import { playerOf } from '../require.ts'
import type { Services } from '../services.ts'
import { listStatValues } from '../stats/stat-values.ts'

/** A part of a player's data, small enough for one message. */
export type PlayerPart =
  | { readonly kind: 'player'; readonly player: Player; readonly absorbedIds: readonly string[] }
  | { readonly kind: 'summary'; readonly summary: PlayerSummary }
  | { readonly kind: 'progress'; readonly items: readonly (ProgressKey & Record<'progress', Progress>)[] }
  | { readonly kind: 'stats'; readonly items: readonly StatValue[]; readonly titleId: string }
  | { readonly kind: 'contributions'; readonly items: readonly Contribution[]; readonly titleId: string }
  | { readonly kind: 'events'; readonly items: readonly EventWithProgress[] }
  | { readonly kind: 'deliveries'; readonly items: readonly Delivery[] }
  | { readonly kind: 'audit'; readonly items: readonly AuditEntry[] }

const PAGE_SIZE = 500
/** A character that no id contains. */
const SEPARATOR = '\n'

/**
 * Returns all data of a player, page by page: each is read when the page before was sent. Of an absorbed player it returns the
 * surviving one's.
 * @throws LaurelError PLAYER_NOT_FOUND, at the end for a player that was deleted or merged meanwhile
 */
export async function* exportPlayer(
  services: Services,
  { playerId: namedId }: { readonly playerId: string },
  call: Call,
): AsyncGenerator<PlayerPart> {
  const { player, absorbedIds, titleIds } = await services.store.read(call.signal, async (queries) => {
    const survivorId = (await queries.aliases.find([namedId])).get(namedId) ?? namedId
    return {
      player: await playerOf(queries, survivorId),
      absorbedIds: await queries.aliases.listOfPlayer(survivorId),
      titleIds: (await queries.playerTitles.listOfPlayer(survivorId)).map(({ titleId }) => titleId),
    }
  })
  yield { kind: 'player', player, absorbedIds }
  for (const titleId of titleIds) yield* titleParts(services, { playerId: player.id, titleId }, call)
  for await (const items of pagesOf((page) => readDeliveries(services, player.id, page, call)))
    yield { kind: 'deliveries', items }
  // Events and audit entries keep the id that the player had.
  for (const playerId of [player.id, ...absorbedIds]) {
    for await (const items of pagesOf((page) => readEvents(services, playerId, page, call)))
      yield { kind: 'events', items }
    for await (const items of pagesOf((page) => readAuditEntries(services, playerId, page, call)))
      yield { kind: 'audit', items }
  }
  // Of a player that was deleted or merged meanwhile, parts are missing, which no caller could tell.
  await services.store.read(call.signal, (queries) => playerOf(queries, player.id))
}

async function* titleParts(
  services: Services,
  key: { readonly playerId: string; readonly titleId: string },
  call: Call,
): AsyncGenerator<PlayerPart> {
  const { titleId } = key
  yield { kind: 'summary', summary: await getPlayerSummary(services, key, call) }
  const started = { ...key, view: 'all', states: ['in_progress', 'achieved'] } as const
  for await (const items of pagesOf((page) => listProgress(services, { ...started, ...page }, call)))
    yield {
      kind: 'progress',
      items: items.map(({ achievement, progress }) => ({ ...key, achievementId: achievement.id, progress })),
    }
  for (const items of chunksOf(await listStatValues(services, key, call)))
    yield { kind: 'stats', items, titleId }
  const contributions = await services.store.read(call.signal, (queries) =>
    queries.community.listContributions(key),
  )
  for (const items of chunksOf(contributions)) yield { kind: 'contributions', items, titleId }
}

/** Yields the items of the pages that have some. */
async function* pagesOf<Item>(read: (page: Paging) => Promise<Page<Item>>): AsyncGenerator<readonly Item[]> {
  let pageToken: string | undefined
  do {
    const { items, nextPageToken } = await read({ pageSize: PAGE_SIZE, pageToken })
    if (items.length > 0) yield items
    pageToken = nextPageToken
  } while (pageToken !== undefined)
}

function* chunksOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += PAGE_SIZE) yield items.slice(start, start + PAGE_SIZE)
}

async function readEvents(services: Services, playerId: string, page: Paging, call: Call) {
  const all = { achievementId: undefined, kinds: [], startTime: undefined, endTime: undefined }
  const filter = { titleId: undefined, playerId, ...all }
  const safe = await services.safePosition.current(call.signal)
  return services.store.read(call.signal, async (queries) =>
    readEventPage(queries, filter, 'oldest_first', { ...page, list: ['export'] }, safe),
  )
}

function readAuditEntries(services: Services, playerId: string, page: Paging, call: Call) {
  const all = { titleId: undefined, resourceType: undefined, resourceId: undefined, actor: undefined }
  const filter = { ...all, playerId, operation: undefined, startTime: undefined, endTime: undefined }
  return listAuditEntries(services, { ...filter, ...page, order: 'oldest_first' }, call)
}

async function readDeliveries(
  services: Services,
  playerId: string,
  page: Paging,
  call: Call,
): Promise<Page<Delivery>> {
  return services.store.read(call.signal, (queries) =>
    readPage(
      page,
      ['export', playerId],
      (last, limit) => {
        const [titleId = '', destinationId = ''] = last?.id.split(SEPARATOR) ?? []
        const after = { titleId, destinationId, eventId: last?.key ?? 0n }
        return queries.deliveries.listOfPlayer(playerId, after, limit)
      },
      ({ titleId, destinationId, event }) => ({ key: event.id, id: titleId + SEPARATOR + destinationId }),
    ),
  )
}
