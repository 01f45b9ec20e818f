import type { StoredAchievement } from '../../../model/achievement.ts'
import { compositeKey } from '../../../model/composite-key.ts'
import { LaurelError } from '../../../model/errors.ts'
import type { Instant } from '../../../model/instant.ts'
import { NEVER_ABORTED } from '../../../model/never-aborted.ts'
import { meets } from '../../../model/percent.ts'
import { type ProgressKey, valueAt } from '../../../model/progress.ts'
import type { RemovedPlayers } from '../../../store/players/insert-players.ts'
import type { ProgressSnapshot } from '../../../store/progress/optimistic-writes.ts'
import type { ProgressWrite, WrittenProgress } from '../../../store/progress/progress-writes.ts'
import type { ReportStore } from '../../../store/report-store.ts'
import { IdempotencyStore, type NewResponse } from '../../idempotency.ts'
import { achievementNotFound, playerRemoved } from '../../require.ts'
import { applyReports } from './apply-reports.ts'
import type { RecordOutcome, RecordProgress, ReportEntry, WriterParts } from './contract.ts'
import type { ProgressCache } from './progress-cache.ts'
import { PlayerTitleChanges } from './unit-of-work.ts'

/** A row of progress that entries report on: its state before, and the changes that they make. */
interface OpenProgress {
  readonly cacheKey: string
  readonly key: ProgressKey
  /** The row's version; undefined for a row to be inserted. */
  readonly expectedVersion: bigint | undefined
  readonly isNewPlayerTitle: boolean
  /** Whether the player must be inserted too. */
  readonly isNewPlayer: boolean
  /** The totals in it start at zero: they are what the changes add. */
  readonly changes: PlayerTitleChanges
  readonly responses: NewResponse[]
  definition: StoredAchievement | undefined
}

/**
 * Records entries without a lock: reports are applied to cached or read progress, and one statement writes each row whose
 * progress is still the same. Returns undefined for entries that were not written: their progress changed, an entry of the
 * player was rejected (perhaps because of stale progress), or stats or locks are needed.
 */
export async function writeOptimistic(
  { store, definitions, now, timeBounds }: WriterParts,
  reportStore: ReportStore,
  cache: ProgressCache,
  entries: readonly ReportEntry[],
): Promise<readonly (RecordOutcome | undefined)[]> {
  const time = now()
  const requests = entries.map(({ request }) => request)
  const foundDefinitions = await findDefinitions({ store, definitions }, requests)
  const rows = await openProgress(reportStore, cache, requests)

  const idempotency = new IdempotencyStore()
  const definitionOf = ({ request }: ReportEntry, index: number) => {
    const definition = foundDefinitions[index]
    if (definition === undefined) throw achievementNotFound(request.titleId, request.achievementId)
    return definition
  }
  const changesOf = (_: ReportEntry, index: number) => (rows[index] as OpenProgress).changes
  const state = { now: time, timeBounds, idempotency, changesOf, definitionOf }
  const outcomes = applyReports(state, entries)

  const rejectedPlayers = new Set<string>()
  for (const [index, row] of rows.entries()) {
    const definition = foundDefinitions[index]
    row.definition ??= definition
    const isAccepted =
      !(outcomes[index] instanceof LaurelError) &&
      definition !== undefined &&
      definition === row.definition &&
      !lacksStat(definition, row.changes)
    // All of the player's entries are written under lock then, in their order, because they share the request ids.
    if (!isAccepted) rejectedPlayers.add(row.key.playerId)
  }
  const rowOf = new Map<unknown, OpenProgress>(rows.map((row, index) => [requests[index], row]))
  for (const response of idempotency.newResponses) rowOf.get(response.request)?.responses.push(response)
  const opened = new Set(rows)
  const accepted = [...opened].filter(
    // A player's title without a change is inserted under lock.
    ({ key, isNewPlayerTitle, changes }) =>
      !rejectedPlayers.has(key.playerId) && (!isNewPlayerTitle || changes.changes.length > 0),
  )
  // Sorted, so that two statements cannot deadlock.
  const writes = accepted.map(writeOf).sort(byKey)
  const { done, removed } = await write(reportStore, writes, time)
  const written = new Set(done.map(({ write: { row } }) => row))
  for (const { write, version } of done) {
    const { cacheKey, key, changes } = write.row
    if (version !== undefined)
      cache.set(cacheKey, { version, progress: changes.progressOf(key.achievementId) })
  }
  if (written.size === opened.size) return outcomes

  for (const row of opened) if (!written.has(row)) cache.evict(row.cacheKey)
  const unwritten = accepted.filter((row) => !written.has(row) && !removed.has(row.key.playerId))
  definitions.evict(unwritten.flatMap(({ definition }) => definition ?? []))
  return outcomes.map((outcome, index) => {
    const row = rows[index] as OpenProgress
    const { playerId } = row.key
    if (removed.has(playerId) && !rejectedPlayers.has(playerId))
      return playerRemoved(playerId, removed.get(playerId))
    return written.has(row) ? outcome : undefined
  })
}

interface Written {
  readonly done: readonly WrittenProgress<RowWrite>[]
  readonly removed: RemovedPlayers
}

/** Writes what can be written. New players are inserted in the same transaction, if anything of them is written. */
async function write(store: ReportStore, writes: readonly RowWrite[], time: Instant): Promise<Written> {
  if (writes.length === 0) return { done: [], removed: new Map() }
  const newPlayers = new Set(writes.filter(({ row }) => row.isNewPlayer).map(({ key }) => key.playerId))
  if (newPlayers.size === 0) {
    const done = await store.single(NEVER_ABORTED, (queries) => queries.optimisticWrites.write(writes, time))
    return { done, removed: new Map() }
  }
  return store.write(NEVER_ABORTED, async (queries) => {
    const { inserted, removed } = await queries.players.insertMissing([...newPlayers], time)
    const allowed = writes.filter(({ key }) => !removed.has(key.playerId))
    const done = await queries.optimisticWrites.write(allowed, time)
    const written = new Set(done.map(({ write: { key } }) => key.playerId))
    const unused = inserted.filter((playerId) => !written.has(playerId))
    if (unused.length > 0) await queries.players.deleteRows(unused)
    return { done, removed }
  })
}

/** Returns whether a requirement is missing whose stat may meet it: the stats are read under lock. */
function lacksStat({ id, requirements }: StoredAchievement, changes: PlayerTitleChanges): boolean {
  const { state, values } = changes.progressOf(id)
  return (
    state !== 'achieved' &&
    requirements.some(
      (requirement) =>
        requirement.statCode !== undefined && !meets(requirement, valueAt(values, requirement.id)),
    )
  )
}

/** Returns the definition for each request; undefined where it does not exist. */
async function findDefinitions(
  { definitions, store }: Pick<WriterParts, 'definitions' | 'store'>,
  requests: readonly RecordProgress[],
): Promise<readonly (StoredAchievement | undefined)[]> {
  const cached = requests.map((request) => definitions.get(request))
  const missing = requests.filter((_, index) => cached[index] === undefined)
  if (missing.length === 0) return cached
  await store.read(NEVER_ABORTED, (queries) => definitions.load(queries, missing))
  return requests.map((request) => definitions.get(request))
}

/** Returns the row of progress for each request, from the cache or else read. */
async function openProgress(
  store: ReportStore,
  cache: ProgressCache,
  requests: readonly RecordProgress[],
): Promise<readonly OpenProgress[]> {
  const opened = new Map<string, OpenProgress>()
  const unknown = new Map<string, RecordProgress>()
  const keys = requests.map((request) => {
    const key = cacheKeyOf(request)
    if (opened.has(key) || unknown.has(key)) return key
    // Taken before the others are read: it may be evicted meanwhile.
    const cached = cache.get(key)
    if (cached === undefined) unknown.set(key, request)
    else opened.set(key, open(key, request, { ...cached, isNewPlayerTitle: false, isNewPlayer: false }))
    return key
  })
  if (unknown.size > 0) {
    const snapshots = await store.read(NEVER_ABORTED, (queries) =>
      queries.optimisticWrites.snapshots([...unknown.values()]),
    )
    for (const [index, [key, request]] of [...unknown].entries())
      opened.set(key, open(key, request, snapshots[index] as ProgressSnapshot))
  }
  return keys.map((key) => opened.get(key) as OpenProgress)
}

function open(
  cacheKey: string,
  { playerId, titleId, achievementId }: ProgressKey,
  { version, progress, isNewPlayerTitle, isNewPlayer }: ProgressSnapshot,
): OpenProgress {
  const playerTitle = {
    playerId,
    titleId,
    unlockedCount: 0,
    score: 0n,
    lastUnlockTime: undefined,
    extensions: {},
  }
  return {
    cacheKey,
    key: { playerId, titleId, achievementId },
    expectedVersion: version,
    isNewPlayerTitle,
    isNewPlayer,
    changes: new PlayerTitleChanges(playerTitle, new Map([[achievementId, progress]])),
    responses: [],
    definition: undefined,
  }
}

type RowWrite = ProgressWrite & { readonly row: OpenProgress }

function writeOf(row: OpenProgress): RowWrite {
  const { key, expectedVersion, isNewPlayerTitle, changes, responses } = row
  return {
    row,
    key,
    definition: row.definition as StoredAchievement,
    expectedVersion,
    isNewPlayerTitle,
    changes: changes.changes,
    totals: changes.playerTitle,
    responses,
  }
}

function cacheKeyOf({ playerId, titleId, achievementId }: ProgressKey): string {
  return compositeKey(playerId, titleId, achievementId)
}

function byKey({ key: left }: ProgressWrite, { key: right }: ProgressWrite): number {
  if (left.playerId !== right.playerId) return left.playerId < right.playerId ? -1 : 1
  if (left.titleId !== right.titleId) return left.titleId < right.titleId ? -1 : 1
  return left.achievementId < right.achievementId ? -1 : 1
}
