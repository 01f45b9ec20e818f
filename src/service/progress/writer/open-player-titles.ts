import type { StoredAchievement } from '../../../model/achievement.ts'
import type { Instant } from '../../../model/instant.ts'
import type { Progress } from '../../../model/progress.ts'
import type { PlayerProgressSnapshot, PlayerTitleWrite } from '../../../store/progress/optimistic-writes.ts'
import type { PlayerTitle } from '../../../store/progress/player-titles.ts'
import type { NewResponse } from '../../idempotency-store.ts'
import type { Services } from '../../services.ts'
import type { RecordProgress } from '../record-progress.ts'
import type { PlayerTitleCache } from './player-title-cache.ts'
import { PlayerTitleChanges } from './player-title-changes.ts'
import { playerTitleKey } from './unit-of-work.ts'

/** A sheet that items are about, and what comes of them. */
export interface OpenPlayerTitle {
  readonly name: string
  /** As it was found; undefined for one that is not there yet. */
  readonly before: PlayerTitle | undefined
  /** What was found of its progress, by achievement. */
  readonly found: ReadonlyMap<string, Progress>
  readonly changes: PlayerTitleChanges
  /** What the items were judged by. */
  readonly definitions: StoredAchievement[]
  readonly responses: NewResponse[]
  isRefused: boolean
}

/** The sheets of items, in the order of the items: what is remembered of them, or else read. */
export async function openPlayerTitles(
  services: Services,
  progressList: PlayerTitleCache,
  items: readonly RecordProgress[],
  now: Instant,
): Promise<readonly OpenPlayerTitle[]> {
  const playerTitles = new Map<string, OpenPlayerTitle>()
  const incomplete = new Set<string>()
  // Taken now: what is remembered may be forgotten, or move on, while the rest is read.
  const names = items.map((item) => {
    const name = playerTitleKey(item)
    const known = progressList.get(name)
    if (known?.progress.has(item.achievementId) !== true) incomplete.add(name)
    else if (!playerTitles.has(name))
      playerTitles.set(name, opened(name, known.playerTitle, known.progress, known.playerTitle))
    return name
  })
  if (incomplete.size > 0) {
    // All of a sheet is of one version: beside what is read, what is remembered of it might be older, and unnoticed.
    const unknown = items.filter((_, index) => incomplete.has(names[index] as string))
    const read = await readSnapshots(services, unknown)
    const found = new Map<string, Map<string, Progress>>()
    for (const [index, item] of unknown.entries()) {
      const { playerTitle, progress } = read[index] as PlayerProgressSnapshot
      const name = playerTitleKey(item)
      let ofPlayerTitle = found.get(name)
      if (ofPlayerTitle === undefined) {
        ofPlayerTitle = new Map()
        found.set(name, ofPlayerTitle)
        playerTitles.set(name, opened(name, playerTitle, ofPlayerTitle, playerTitle ?? blank(item, now)))
      }
      ofPlayerTitle.set(item.achievementId, progress)
    }
  }
  return names.map((name) => playerTitles.get(name) as OpenPlayerTitle)
}

async function readSnapshots(
  { store }: Services,
  items: readonly RecordProgress[],
): Promise<readonly PlayerProgressSnapshot[]> {
  return store.read(new AbortController().signal, (queries) => queries.optimisticWrites.snapshots(items))
}

function opened(
  name: string,
  before: PlayerTitle | undefined,
  found: ReadonlyMap<string, Progress>,
  playerTitle: PlayerTitle,
): OpenPlayerTitle {
  const changes = new PlayerTitleChanges(playerTitle, found)
  return { name, before, found, changes, definitions: [], responses: [], isRefused: false }
}

/** A sheet that is not there yet. Its version is like that of none before it, should it have been there once. */
function blank({ playerId, titleId }: RecordProgress, now: Instant): PlayerTitle {
  return {
    playerId,
    titleId,
    version: now,
    unlockedCount: 0,
    score: 0n,
    lastUnlockTime: undefined,
    extensions: {},
  }
}

/** What came of a sheet, as it is written. One that changes has a new version. */
export function writeOf(open: OpenPlayerTitle): PlayerTitleWrite & { readonly open: OpenPlayerTitle } {
  const { before, changes, definitions, responses } = open
  const { playerTitle, progress, events } = changes
  const isRaised = before !== undefined && progress.length + responses.length > 0
  const after = isRaised ? { ...playerTitle, version: before.version + 1n } : playerTitle
  return { open, before, after, definitions, progress, events, responses }
}
