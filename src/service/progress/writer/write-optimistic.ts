import type { StoredAchievement } from '../../../model/achievement.ts'
import { LaurelError } from '../../../model/errors.ts'
import type { Instant } from '../../../model/instant.ts'
import type { PlayerTitleWrite } from '../../../store/progress/optimistic-writes.ts'
import { IdempotencyStore } from '../../idempotency-store.ts'
import { achievementNotFound } from '../../require.ts'
import type { Services } from '../../services.ts'
import { applyReports } from './apply-reports.ts'
import { type OpenPlayerTitle, openPlayerTitles, writeOf } from './open-player-titles.ts'
import type { PlayerTitleCache } from './player-title-cache.ts'
import type { Entry, RecordOutcome } from './report-entry.ts'
import { playerTitleKey } from './unit-of-work.ts'

/**
 * Records entries without holding anything while they are judged: what they are judged by is known or read, and one
 * statement writes what comes of it, sheet by sheet, where all of that is still so. Undefined for the entries of
 * sheets that were left unwritten, because they have changed, or because one of their entries was refused: the
 * refusal might be an old view's.
 */
export async function writeOptimistic(
  services: Services,
  progressList: PlayerTitleCache,
  entries: readonly Entry[],
): Promise<readonly (RecordOutcome | undefined)[]> {
  const now = services.now()
  const items = entries.map(({ item }) => item)
  const definitions = await findDefinitions(services, entries)
  const playerTitles = await openPlayerTitles(services, progressList, items, now)
  const opened = new Map(playerTitles.map((playerTitle) => [playerTitle.name, playerTitle]))

  const idempotency = new IdempotencyStore()
  const definitionOf = ({ item }: Entry, index: number) => {
    const definition = definitions[index]
    if (definition === undefined) throw achievementNotFound(item.titleId, item.achievementId)
    return definition
  }
  const changesOf = (_: Entry, index: number) => (playerTitles[index] as OpenPlayerTitle).changes
  const outcomes = applyReports(services, { now, idempotency, changesOf, definitionOf }, entries)

  for (const [index, playerTitle] of playerTitles.entries()) {
    const definition = definitions[index]
    if (outcomes[index] instanceof LaurelError || definition === undefined) playerTitle.isRefused = true
    else if (!playerTitle.definitions.includes(definition)) playerTitle.definitions.push(definition)
  }
  for (const outcome of idempotency.newResponses)
    (opened.get(playerTitleKey(outcome)) as OpenPlayerTitle).responses.push(outcome)
  const kept = [...opened.values()].filter(({ isRefused }) => !isRefused)
  const writes = kept.map(writeOf).sort(byKey)
  const written = new Set<OpenPlayerTitle>()
  for (const { open, after, progress } of await write(services, writes, now)) {
    progressList.set(open.name, after, open, progress)
    written.add(open)
  }
  if (written.size === opened.size) return outcomes

  // Whatever it was that had changed: it is read anew.
  for (const playerTitle of opened.values())
    if (!written.has(playerTitle)) progressList.evict(playerTitle.name)
  const left = kept.filter((playerTitle) => !written.has(playerTitle))
  services.definitions.evict(left.flatMap(({ definitions }) => definitions))
  return outcomes.map((outcome, index) =>
    written.has(playerTitles[index] as OpenPlayerTitle) ? outcome : undefined,
  )
}

/** Gives those that were written. It waits for nobody, so nobody has to stop it. */
async function write<Write extends PlayerTitleWrite>(
  { store }: Services,
  writes: readonly Write[],
  now: Instant,
): Promise<readonly Write[]> {
  if (writes.length === 0) return []
  const { signal } = new AbortController()
  return store.single(signal, (queries) => queries.optimisticWrites.write(writes, now))
}

/** In the order of the entries; undefined for those that there are not. */
async function findDefinitions(
  { definitions, store }: Services,
  entries: readonly Entry[],
): Promise<readonly (StoredAchievement | undefined)[]> {
  const known = entries.map(({ item }) => definitions.get(item))
  const missing = entries.flatMap(({ item }, index) => (known[index] === undefined ? [item] : []))
  if (missing.length === 0) return known
  const { signal } = new AbortController()
  await store.read(signal, (queries) => definitions.load(queries, missing))
  return entries.map(({ item }) => definitions.get(item))
}

function byKey({ after: left }: PlayerTitleWrite, { after: right }: PlayerTitleWrite): number {
  if (left.playerId !== right.playerId) return left.playerId < right.playerId ? -1 : 1
  return left.titleId < right.titleId ? -1 : 1
}
