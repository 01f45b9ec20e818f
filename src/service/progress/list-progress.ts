import { compositeKey } from '../../model/composite-key.ts'
import { NOT_STARTED, type PlayerProgress, type ProgressState } from '../../model/progress.ts'
import { withDialectIds } from '../achievements/assign-dialect-ids.ts'
import type { Call } from '../call.ts'
import { dialectOf } from '../exchange/dialects.ts'
import { idDigest } from '../page-tokens.ts'
import { type Page, readReorderablePage } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { asGatewayShows, asPlayerSees, redactProgress } from './player-view.ts'
import { readProgressPage } from './progress-pages.ts'

export interface ListProgress {
  readonly titleId: string
  readonly playerId: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
  /** `player`: hidden achievements are redacted until unlocked. `all`: also the achievements that the player does not see. */
  readonly view: 'full' | 'player' | 'all'
  /** Empty for all. */
  readonly states: readonly ProgressState[]
}

/** Characters: enough for the second page of the default size. */
const MAX_CACHED_TOKEN = 1200

/**
 * Returns a page of the achievements that the player sees in list order, each with the player's progress, locked ones included. The page is
 * the same object until something on it changes, so callers may cache by it.
 */
export async function listProgress(
  services: Services,
  request: ListProgress,
  call: Call,
): Promise<Page<PlayerProgress>> {
  const { titleId, playerId, view, states, pageSize = 0, pageToken = '' } = request
  const pages = services.progressPages
  // Callers can make up any number of long tokens, so the pages after them are not cached.
  const isCacheable = pageToken.length <= MAX_CACHED_TOKEN
  const key = isCacheable ? compositeKey(titleId, playerId, view, states.join(), pageSize, pageToken) : ''
  const cached = isCacheable ? pages.cache.get(key) : undefined
  let stamp: string | undefined
  let isCurrent = false
  const { bytes, ...page } = await readReorderablePage(
    { ...request, defaultSize: 100 },
    ['progress', titleId, playerId, view, states],
    async (returned, limit) => {
      const listsAll = view === 'all'
      const pageRequest = { titleId, playerId, states, listsAll, returned, limit, stamp: cached?.stamp }
      const read = await pages.read(pageRequest, call.signal)
      stamp = read.stamp
      isCurrent = read.items === undefined
      return { items: read.items ?? [], isCut: read.isCut }
    },
    ({ achievement }) => achievement.id,
  )
  if (isCurrent && cached !== undefined) return cached.page
  if (page.items.length === 0) {
    await services.store.read(call.signal, (queries) => titleOf(queries, titleId))
    return page
  }
  const seen = { ...page, items: view === 'player' ? page.items.map(asPlayerSees) : page.items }
  if (stamp !== undefined && isCacheable) pages.cache.set(key, { stamp, page: seen, bytes })
  return seen
}

export interface ListTitleProgress {
  readonly dialect: string
  readonly titleId: string
  /** Undefined without a player: every achievement is not started. */
  readonly playerId: string | undefined
  /** True if the caller only looks for an achievement and shows none: nothing is redacted. */
  readonly isLookup?: boolean
  /** Whether drafts and retired achievements are listed too. Absent: they are for a lookup. */
  readonly listsAll?: boolean
}

const PAGE_SIZE = 1000

/**
 * Yields the achievements of a title that the player sees in list order, page by page, each with its id in the dialect and the player's
 * progress. Redaction is left to the dialect's gateway, unless the title masks hidden achievements.
 */
export async function* listTitleProgress(
  services: Services,
  { dialect, titleId, playerId, isLookup = false, listsAll = isLookup }: ListTitleProgress,
  call: Call,
): AsyncGenerator<readonly PlayerProgress[]> {
  const adapter = dialectOf(services, dialect)
  const returned: string[] = []
  for (;;) {
    const request = { titleId, playerId: playerId ?? '', states: [], returned, limit: PAGE_SIZE, listsAll }
    const { items: page, isCut } = await services.store.read(call.signal, (queries) =>
      readProgressPage(services.definitions, queries, request),
    )
    if (page.length === 0 && returned.length === 0)
      await services.store.read(call.signal, (queries) => titleOf(queries, titleId))
    const achievements = page.map(({ achievement }) => achievement)
    const progress = new Map(page.map((item) => [item.achievement.id, item.progress]))
    const withIds = await withDialectIds(services, adapter, titleId, achievements, call)
    const items = withIds.map((achievement) => ({
      achievement,
      progress: progress.get(achievement.id) ?? NOT_STARTED,
    }))
    yield isLookup
      ? items
      : await asGatewayShows(services, { titleId, playerId }, items, redactProgress, call)
    if (page.length < PAGE_SIZE && !isCut) return
    returned.push(...achievements.map(({ id }) => idDigest(id)))
  }
}
