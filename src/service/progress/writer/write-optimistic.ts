import type { StoredAchievement } from '../../../model/achievement.ts'
import { LaurelError } from '../../../model/errors.ts'
import type { Instant } from '../../../model/instant.ts'
import { NEVER_ABORTED } from '../../../model/never-aborted.ts'
import { meets } from '../../../model/percent.ts'
import { type Progress, valueAt } from '../../../model/progress.ts'
import type { PlayerProgressSnapshot, PlayerTitleWrite } from '../../../store/progress/optimistic-writes.ts'
import type { PlayerTitle } from '../../../store/progress/player-titles.ts'
import { IdempotencyStore, type NewResponse } from '../../idempotency.ts'
import { achievementNotFound, playerGone } from '../../require.ts'
import { applyReports } from './apply-report.ts'
import type { RecordOutcome, RecordProgress, ReportEntry, WriterParts } from './contract.ts'
import type { PlayerTitleCache } from './player-title-cache.ts'
import { PlayerTitleChanges, playerTitleKey } from './unit-of-work.ts'

/** One player's title that entries report on: its state before, and the changes that they make. */
interface OpenPlayerTitle {
  readonly key: string
  /** Undefined for a row to be inserted. */
  readonly before: PlayerTitle | undefined
  /** The progress before, by achievement. */
  readonly found: ReadonlyMap<string, Progress>
  readonly changes: PlayerTitleChanges
  /** The definitions that the entries were applied to. */
  readonly definitions: StoredAchievement[]
  readonly responses: NewResponse[]
  /** Whether the player must be inserted too. */
  readonly isNewPlayer: boolean
  isRejected: boolean
}

/**
 * Records entries without a lock: reports are applied to cached or read state, and one statement writes the changes of each
 * player's title whose state is still the same. Returns undefined for entries of a title that was not written: its state
 * changed, an entry was rejected (perhaps because of stale state), or stats must be read.
 */
export async function writeOptimistic(
  { store, definitions, now, timeBounds }: WriterParts,
  cache: PlayerTitleCache,
  entries: readonly ReportEntry[],
): Promise<readonly (RecordOutcome | undefined)[]> {
  const time = now()
  const requests = entries.map(({ request }) => request)
  const found = await findDefinitions({ store, definitions }, requests)
  const playerTitles = await openPlayerTitles(store, cache, requests, time)
  const opened = new Map(playerTitles.map((playerTitle) => [playerTitle.key, playerTitle]))

  const idempotency = new IdempotencyStore()
  const definitionOf = ({ request }: ReportEntry, index: number) => {
    const definition = found[index]
    if (definition === undefined) throw achievementNotFound(request.titleId, request.achievementId)
    return definition
  }
  const changesOf = (_: ReportEntry, index: number) => (playerTitles[index] as OpenPlayerTitle).changes
  const state = { now: time, timeBounds, idempotency, changesOf, definitionOf }
  const outcomes = applyReports(state, entries)

  for (const [index, playerTitle] of playerTitles.entries()) {
    const definition = found[index]
    const outcome = outcomes[index]
    if (
      outcome instanceof LaurelError ||
      definition === undefined ||
      lacksStat(definition, playerTitle.changes)
    )
      playerTitle.isRejected = true
    else if (!playerTitle.definitions.includes(definition)) playerTitle.definitions.push(definition)
  }
  for (const response of idempotency.newResponses)
    opened.get(playerTitleKey(response))?.responses.push(response)
  const accepted = [...opened.values()].filter(({ isRejected }) => !isRejected)
  // Sorted, so that two statements cannot deadlock.
  const writes = accepted.map(writeOf).sort(byKey)
  const { done, gone } = await write(store, writes, time)
  const written = new Set(done.map(({ open }) => open))
  for (const { open, after, progress } of done) cache.set(open.key, after, open, progress)
  if (written.size === opened.size) return outcomes

  for (const playerTitle of opened.values()) if (!written.has(playerTitle)) cache.evict(playerTitle.key)
  const isGone = ({ changes }: OpenPlayerTitle) => gone.has(changes.playerTitle.playerId)
  const unwritten = accepted.filter((playerTitle) => !written.has(playerTitle) && !isGone(playerTitle))
  definitions.evict(unwritten.flatMap((playerTitle) => playerTitle.definitions))
  return outcomes.map((outcome, index) => {
    const playerTitle = playerTitles[index] as OpenPlayerTitle
    const { playerId } = playerTitle.changes.playerTitle
    if (gone.has(playerId) && !playerTitle.isRejected) return playerGone(playerId, gone.get(playerId))
    return written.has(playerTitle) ? outcome : undefined
  })
}

interface Written {
  readonly done: readonly OpenWrite[]
  /** The players who were deleted or merged, as in `insertPlayers`. */
  readonly gone: ReadonlyMap<string, string | undefined>
}

/** Writes what can be written. New players are inserted in the same transaction, if anything of them is written. */
async function write(
  store: WriterParts['store'],
  writes: readonly OpenWrite[],
  time: Instant,
): Promise<Written> {
  if (writes.length === 0) return { done: [], gone: new Map() }
  const newPlayers = writes.filter(({ open }) => open.isNewPlayer).map(({ after }) => after.playerId)
  if (newPlayers.length === 0) {
    const done = await store.single(NEVER_ABORTED, (queries) => queries.optimisticWrites.write(writes, time))
    return { done, gone: new Map() }
  }
  return store.write(NEVER_ABORTED, async (queries) => {
    const { inserted, gone } = await queries.players.insertMissing(newPlayers, time)
    const allowed = writes.filter(({ after }) => !gone.has(after.playerId))
    const done = await queries.optimisticWrites.write(allowed, time)
    const written = new Set(done.map(({ after }) => after.playerId))
    const unused = inserted.filter((playerId) => !written.has(playerId))
    if (unused.length > 0) await queries.players.deleteRows(unused)
    return { done, gone }
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

/** Returns the player's title for each request, from the cache or else read. */
async function openPlayerTitles(
  store: WriterParts['store'],
  cache: PlayerTitleCache,
  requests: readonly RecordProgress[],
  time: Instant,
): Promise<readonly OpenPlayerTitle[]> {
  const playerTitles = new Map<string, OpenPlayerTitle>()
  const incomplete = new Set<string>()
  const keys = requests.map((request) => {
    const key = playerTitleKey(request)
    const cached = cache.get(key)
    if (cached?.progress.has(request.achievementId) !== true) incomplete.add(key)
    // Taken before the others are read: an entry may be evicted or updated meanwhile.
    else if (!playerTitles.has(key))
      playerTitles.set(key, opened(key, cached.playerTitle, cached.progress, cached.playerTitle))
    return key
  })
  if (incomplete.size > 0) {
    // All that is cached of these titles is read again: it may be older than the row, and would pass the version check.
    const unknown = requests.filter((_, index) => incomplete.has(keys[index] as string))
    const snapshots = await store.read(NEVER_ABORTED, (queries) =>
      queries.optimisticWrites.snapshots(unknown),
    )
    const found = new Map<string, Map<string, Progress>>()
    for (const [index, request] of unknown.entries()) {
      const { playerTitle, isNewPlayer, progress } = snapshots[index] as PlayerProgressSnapshot
      const key = playerTitleKey(request)
      let ofPlayerTitle = found.get(key)
      if (ofPlayerTitle === undefined) {
        ofPlayerTitle = new Map()
        found.set(key, ofPlayerTitle)
        const current = playerTitle ?? blank(request, time)
        playerTitles.set(key, opened(key, playerTitle, ofPlayerTitle, current, isNewPlayer))
      }
      ofPlayerTitle.set(request.achievementId, progress)
    }
  }
  return keys.map((key) => playerTitles.get(key) as OpenPlayerTitle)
}

function opened(
  key: string,
  before: PlayerTitle | undefined,
  found: ReadonlyMap<string, Progress>,
  playerTitle: PlayerTitle,
  isNewPlayer = false,
): OpenPlayerTitle {
  const changes = new PlayerTitleChanges(playerTitle, found)
  return { key, before, found, changes, definitions: [], responses: [], isNewPlayer, isRejected: false }
}

/** Returns a row to be inserted. Its version starts at the time, so that a row that is deleted and inserted again never repeats one. */
function blank({ playerId, titleId }: RecordProgress, time: Instant): PlayerTitle {
  return {
    playerId,
    titleId,
    version: time,
    unlockedCount: 0,
    score: 0n,
    lastUnlockTime: undefined,
    extensions: {},
  }
}

type OpenWrite = PlayerTitleWrite & { readonly open: OpenPlayerTitle }

function writeOf(open: OpenPlayerTitle): OpenWrite {
  const { before, changes, definitions, responses } = open
  const { playerTitle, progress, events } = changes
  const isUpdate = before !== undefined && progress.length + responses.length > 0
  const after = isUpdate ? { ...playerTitle, version: before.version + 1n } : playerTitle
  return { open, before, after, definitions, progress, events, responses }
}

function byKey({ after: left }: PlayerTitleWrite, { after: right }: PlayerTitleWrite): number {
  if (left.playerId !== right.playerId) return left.playerId < right.playerId ? -1 : 1
  return left.titleId < right.titleId ? -1 : 1
}
