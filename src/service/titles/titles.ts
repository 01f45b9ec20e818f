import { LaurelError } from '../../model/errors.ts'
import type { Title } from '../../model/title.ts'
import { titleChange } from '../audit/changes.ts'
import type { Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { type CountedPage, readPage } from '../paging.ts'
import { checkEtag, lockTitle, titleNotFound, titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { bindTitle, insertTitle } from './bind-title.ts'

export type NewTitle = Pick<Title, 'id' | 'displayName' | 'defaultLocale' | 'bindings' | 'extensions'> &
  Partial<Pick<Title, 'maskHiddenInGateways'>>

export async function getTitle(
  services: Services,
  { titleId }: { readonly titleId: string },
  call: Call,
): Promise<Title> {
  return services.store.read(call.signal, (queries) => titleOf(queries, titleId))
}

export interface ListTitles {
  /** A text that the id or the name contains. Absent: no filter. */
  readonly query?: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/** Returns a page of titles in order of id. */
export async function listTitles(
  services: Services,
  request: ListTitles,
  call: Call,
): Promise<CountedPage<Title>> {
  const { query } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['titles', query],
      (after, limit) => queries.titles.list(after?.id ?? '', limit, query),
      ({ id }) => ({ key: 0n, id }),
    )
    return { ...page, totalSize: await queries.titles.count(query) }
  })
}

/** @throws LaurelError TITLE_EXISTS; BINDING_TAKEN where the title's id or a binding already means another title. */
export async function createTitle(
  services: Services,
  request: { readonly title: NewTitle; readonly requestId: string | undefined },
  call: Call,
): Promise<Title> {
  return mutateIdempotently(
    services,
    'createTitle',
    { titleId: request.title.id },
    request,
    call,
    async (queries) => {
      const { title } = request
      const now = services.now()
      const defaults = { maskHiddenInGateways: false, createTime: now, updateTime: now, etag: '' }
      if (!(await insertTitle(services, queries, { ...defaults, ...title }))) {
        const message = `title ${title.id} exists already`
        throw new LaurelError('already_exists', 'TITLE_EXISTS', message, { metadata: { titleId: title.id } })
      }
      await bindTitle(services, queries, { id: title.id, bindings: {} }, title.bindings)
      const created = await titleOf(queries, title.id)
      return { result: created, change: titleChange(undefined, created) }
    },
  )
}

export interface UpdateTitle {
  readonly titleId: string
  readonly etag: string | undefined
  /** Absent members keep their values. */
  readonly patch: Partial<Omit<NewTitle, 'id'>>
  readonly requestId: string | undefined
}

export async function updateTitle(services: Services, request: UpdateTitle, call: Call): Promise<Title> {
  const { titleId, patch } = request
  return mutateIdempotently(services, 'updateTitle', { titleId }, request, call, async (queries) => {
    const current = await lockTitle(queries, titleId)
    checkEtag(current, request.etag)
    await queries.titles.update({ ...current, ...patch, updateTime: services.now() })
    if (patch.bindings !== undefined) await bindTitle(services, queries, current, patch.bindings)
    const updated = await titleOf(queries, titleId)
    return { result: updated, change: titleChange(current, updated) }
  })
}

export interface DeleteTitle {
  readonly titleId: string
  readonly etag: string | undefined
  /** Also deletes its achievements, stats and progress. Its destinations are deleted in any case. */
  readonly force: boolean
  readonly requestId: string | undefined
}

/** @throws LaurelError TITLE_NOT_EMPTY when it has achievements, stats or players and `force` is not set. */
export async function deleteTitle(services: Services, request: DeleteTitle, call: Call): Promise<void> {
  const { titleId } = request
  await mutateIdempotently(services, 'deleteTitle', { titleId }, request, call, async (queries) => {
    // Before the title is locked, as a part of a job locks them: in the other order both would wait for each other.
    await queries.migrationJobs.deleteOfTitle(titleId)
    const current = await queries.titles.lockExclusive(titleId)
    if (current === undefined) throw titleNotFound(titleId)
    checkEtag(current, request.etag)
    if (!request.force) {
      const achievementCount = await queries.achievements.count({ titleId })
      const { items: stats } = await queries.stats.list(titleId, '', 1)
      if (achievementCount > 0 || stats.length > 0 || (await queries.playerTitles.hasPlayers(titleId))) {
        const message = `title ${titleId} has achievements, stats or players: delete them first, or set force`
        throw new LaurelError('failed_precondition', 'TITLE_NOT_EMPTY', message, { metadata: { titleId } })
      }
    }
    await queries.destinations.deleteOfTitle(titleId)
    await queries.playerTitles.deleteOfTitle(titleId)
    await queries.plans.deleteOfTitle(titleId)
    await queries.unlockTotals.delete(titleId, 'all')
    await queries.achievements.delete(titleId, 'all')
    await queries.stats.delete(titleId, 'all')
    await queries.titles.delete(titleId)
    return { result: undefined, change: titleChange(current, undefined) }
  })
}
