import type { Adapter, Canonical } from '../../dialect/adapter.ts'
import { Turns } from '../../dialect/turns.ts'
import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import { checkAchievement } from '../../model/check-achievement.ts'
import { invalidArgument, LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import { sameJson } from '../../model/json.ts'
import type { Queries } from '../../store/queries.ts'
import { orderAfter } from '../achievements/create-achievement.ts'
import { writeDefinitions } from '../achievements/write-definitions.ts'
import { attributionOf, type Call } from '../call.ts'
import { checkAchievementIds } from '../check-ids.ts'
import type { Services } from '../services.ts'
import type { EntryKind } from './document-parts.ts'
import type { Matcher } from './match.ts'
import { type EntryContext, mergeAchievement } from './merge.ts'

/** `replace`: the document wins. `leave_out`: an existing record stays unchanged. */
export type ImportStrategy = 'replace' | 'leave_out'

export interface ImportedDefinition {
  readonly achievementId: string
  readonly kind: EntryKind
  readonly error: LaurelError | undefined
  /** The document's code if the record has another. */
  readonly lostCode?: string | undefined
  /** The stored definition before and after; absent if it did not exist or does not change. */
  readonly replaced?: { readonly before: StoredAchievement; readonly after: StoredAchievement } | undefined
}

/** The title that a batch is imported into, and the settings for its definitions. */
export interface DefinitionContext {
  readonly services: Services
  readonly queries: Queries
  readonly call: Call
  readonly adapter: Adapter
  readonly titleId: string
  readonly matcher: Matcher
  readonly strategy: ImportStrategy
  /** BCP-47 tag of texts whose language the document does not state; undefined if the caller names none. */
  readonly locale: string | undefined
}

/** A record with the name of its shape in the document. */
export interface DefinitionEntry {
  readonly record: Canonical
  readonly shape: string | undefined
}

/** Writes the definitions of one batch; a record without one is only matched. Returns one result per record, in order. */
export async function importDefinitions(
  context: DefinitionContext,
  entries: readonly DefinitionEntry[],
): Promise<readonly ImportedDefinition[]> {
  const { services, queries, call, titleId, matcher } = context
  const now = services.now()
  const lastListOrder = await queries.achievements.findLastListOrder(titleId)
  const { results, changed } = await decideDefinitions({ ...context, now, lastListOrder }, entries)
  const writes = [...changed.values()].map((after) => ({ before: matcher.stored(after.id), after }))
  const change = { ...attributionOf(call, undefined), time: now }
  await writeDefinitions(queries, titleId, writes, change)
  return results
}

export interface DecisionContext extends Omit<DefinitionContext, 'queries' | 'call'> {
  readonly now: Instant
  /** The highest list order of the title. */
  readonly lastListOrder: number
}

export interface DecidedDefinitions {
  /** One per record, in order. */
  readonly results: readonly ImportedDefinition[]
  /** The definitions that are new or differ, by their ids. */
  readonly changed: ReadonlyMap<string, StoredAchievement>
  readonly lastListOrder: number
}

/** Decides what a batch changes, against the records that the matcher has, and writes nothing. */
export async function decideDefinitions(
  { services, adapter, titleId, matcher, strategy, locale, now, lastListOrder }: DecisionContext,
  entries: readonly DefinitionEntry[],
): Promise<DecidedDefinitions> {
  const changed = new Map<string, StoredAchievement>()
  let listOrder = lastListOrder
  const decide = ({ record, shape }: DefinitionEntry): ImportedDefinition => {
    try {
      if (record.achievement !== undefined) checkLimits(record.achievement)
      const existing = matcher.find(record)
      if (record.achievement === undefined) {
        return { achievementId: existing?.id ?? '', kind: 'unchanged', error: undefined }
      }
      if (existing !== undefined && strategy === 'leave_out') {
        return { achievementId: existing.id, kind: 'ignored', error: undefined }
      }
      if (existing === undefined) listOrder = Math.max(orderAfter(listOrder), record.achievement.listOrder)
      const next =
        existing === undefined
          ? create(matcher, record.achievement, titleId, listOrder, now)
          : replace(adapter, existing, { ...record, achievement: record.achievement }, { shape, locale }, now)
      const code = record.achievement.id
      const lostCode = adapter.hasCodes && code !== next.id ? code : undefined
      checkAchievementIds(services, existing?.ids, next.ids)
      if (next === existing) return { achievementId: next.id, kind: 'unchanged', error: undefined, lostCode }
      matcher.set(next)
      changed.set(next.id, next)
      const result = { achievementId: next.id, error: undefined, lostCode }
      if (existing === undefined) return { ...result, kind: 'new' }
      return { ...result, kind: 'replaced', replaced: { before: existing, after: next } }
    } catch (error) {
      if (!(error instanceof LaurelError)) throw error
      return { achievementId: record.achievement?.id ?? '', kind: 'failed', error }
    }
  }
  const results: ImportedDefinition[] = []
  const turns = new Turns()
  for (const entry of entries) {
    results.push(decide(entry))
    await turns.pause()
  }
  return { results, changed, lastListOrder: listOrder }
}

function checkLimits(achievement: Achievement): void {
  const violations = checkAchievement(achievement)
  if (violations.length > 0) throw invalidArgument(violations)
}

function create(
  matcher: Matcher,
  incoming: Achievement,
  titleId: string,
  listOrder: number,
  now: Instant,
): StoredAchievement {
  return {
    ...incoming,
    id: matcher.freeIdFor(incoming),
    titleId,
    listOrder: incoming.listOrder || listOrder,
    createTime: incoming.createTime ?? now,
    updateTime: incoming.updateTime ?? now,
    statedTimes: timesStatedBy(incoming),
    etag: '',
  }
}

/** Returns the same object if the document changes nothing. */
function replace(
  adapter: Adapter,
  existing: StoredAchievement,
  record: Canonical & { readonly achievement: Achievement },
  entry: EntryContext,
  now: Instant,
): StoredAchievement {
  const merged = mergeAchievement(adapter, existing, record, entry)
  if (sameJson(merged, existing)) return existing
  checkLimits(merged)
  return {
    ...existing,
    ...merged,
    createTime: merged.createTime ?? existing.createTime,
    updateTime: record.achievement.updateTime ?? now,
    statedTimes: timesStatedBy(record.achievement, existing),
  }
}

/** Returns the times that documents stated: those of this one too, unless the record has had them already. */
function timesStatedBy(
  { createTime, updateTime }: Achievement,
  existing?: StoredAchievement,
): StoredAchievement['statedTimes'] {
  const stated = {
    ...(createTime === undefined || createTime === existing?.createTime ? {} : { createTime }),
    ...(updateTime === undefined || updateTime === existing?.updateTime ? {} : { updateTime }),
  }
  return Object.keys(stated).length === 0 ? existing?.statedTimes : { ...existing?.statedTimes, ...stated }
}
