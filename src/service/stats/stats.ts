import { invalidArgument, LaurelError, type Violation } from '../../model/errors.ts'
import type { Stat } from '../../model/stat.ts'
import type { Queries } from '../../store/queries.ts'
import { statChange } from '../audit/changes.ts'
import type { Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { type CountedPage, readPage } from '../paging.ts'
import { checkEtag, statNotFound, statOf, titleOf } from '../require.ts'
import type { Services } from '../services.ts'

export type NewStat = Omit<Stat, 'createTime' | 'updateTime' | 'etag'>

export interface UpdateStat {
  readonly titleId: string
  readonly code: string
  readonly etag: string | undefined
  readonly patch: Partial<Omit<NewStat, 'titleId' | 'code'>>
  readonly requestId: string | undefined
}

export async function createStat(
  services: Services,
  request: { readonly stat: NewStat; readonly requestId: string | undefined },
  call: Call,
): Promise<Stat> {
  return mutateIdempotently(
    services,
    'createStat',
    { titleId: request.stat.titleId },
    request,
    call,
    async (queries) => {
      const { stat } = request
      checkBounds(stat)
      await titleOf(queries, stat.titleId)
      if ((await queries.stats.listByCodes(stat.titleId, [stat.code])).length > 0) {
        const message = `stat ${stat.code} already exists in title ${stat.titleId}`
        const metadata = { titleId: stat.titleId, statCode: stat.code }
        throw new LaurelError('already_exists', 'STAT_EXISTS', message, { metadata })
      }
      const now = services.now()
      await queries.stats.insert({ ...stat, createTime: now, updateTime: now, etag: '' })
      const created = await statOf(queries, stat.titleId, stat.code)
      return { result: created, change: statChange(undefined, created) }
    },
  )
}

export async function getStat(
  services: Services,
  { titleId, code }: { readonly titleId: string; readonly code: string },
  call: Call,
): Promise<Stat> {
  return services.store.read(call.signal, (queries) => statOf(queries, titleId, code))
}

/** Returns a page of a title's stats in order of code. */
export async function listStats(
  services: Services,
  request: {
    readonly titleId: string
    /** A text that the code or the name contains. Absent: no filter. */
    readonly query?: string
    readonly pageSize: number | undefined
    readonly pageToken: string | undefined
  },
  call: Call,
): Promise<CountedPage<Stat>> {
  const { titleId, query } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['stats', titleId, query],
      (after, limit) => queries.stats.list(titleId, after?.id ?? '', limit, query),
      ({ code }) => ({ key: 0n, id: code }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return { ...page, totalSize: await queries.stats.count(titleId, query) }
  })
}

/** Returns those of a title's stats of which at least one player has a value. */
export async function listStatUsage(
  services: Services,
  { titleId, codes }: { readonly titleId: string; readonly codes: readonly string[] },
  call: Call,
): Promise<ReadonlySet<string>> {
  const used = await services.store.read(call.signal, (queries) =>
    queries.stats.listCodesWithValues(titleId, codes),
  )
  return new Set(used)
}

/** Updates a definition. Players keep their values, even if the new bounds would reject them. */
export async function updateStat(services: Services, request: UpdateStat, call: Call): Promise<Stat> {
  const { titleId, code, patch } = request
  return mutateIdempotently(services, 'updateStat', { titleId }, request, call, async (queries) => {
    const current = await lockStat(queries, request)
    const next = { ...current, ...patch, updateTime: services.now() }
    checkBounds(next)
    await queries.stats.update(next)
    const updated = await statOf(queries, titleId, code)
    return { result: updated, change: statChange(current, updated) }
  })
}

/**
 * Deletes a stat with all values of it.
 * @throws LaurelError STAT_IN_USE while an achievement follows the stat.
 */
export async function deleteStat(
  services: Services,
  request: Omit<UpdateStat, 'patch'>,
  call: Call,
): Promise<void> {
  const { titleId, code } = request
  await mutateIdempotently(services, 'deleteStat', { titleId }, request, call, async (queries) => {
    const current = await lockStat(queries, request)
    const [follower] = await queries.achievements.lockSharedByStats(titleId, [code])
    if (follower !== undefined) {
      const message = `achievement ${follower.id} follows stat ${code}: change or delete it first`
      const metadata = { titleId, statCode: code, achievementId: follower.id }
      throw new LaurelError('failed_precondition', 'STAT_IN_USE', message, { metadata })
    }
    await queries.stats.delete(titleId, code)
    return { result: undefined, change: statChange(current, undefined) }
  })
}

async function lockStat(
  queries: Queries,
  { titleId, code, etag }: Pick<UpdateStat, 'titleId' | 'code' | 'etag'>,
): Promise<Stat> {
  const stat = await queries.stats.lock(titleId, code)
  if (stat === undefined) {
    await titleOf(queries, titleId)
    throw statNotFound(titleId, code)
  }
  checkEtag(stat, etag)
  return stat
}

/** @throws LaurelError unless minimum <= default <= maximum. */
function checkBounds({ minimum, maximum, defaultValue }: NewStat): void {
  const violations: Violation[] = []
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    violations.push({ field: 'stat.minimum', message: `must be at most maximum (${maximum})` })
  }
  if (minimum !== undefined && defaultValue < minimum) {
    violations.push({ field: 'stat.default_value', message: `must be at least minimum (${minimum})` })
  }
  if (maximum !== undefined && defaultValue > maximum) {
    violations.push({ field: 'stat.default_value', message: `must be at most maximum (${maximum})` })
  }
  if (violations.length > 0) throw invalidArgument(violations)
}
