import { type StoredAchievement, scoreOf } from '../../../model/achievement.ts'
import { compositeKey } from '../../../model/composite-key.ts'
import type { Instant } from '../../../model/instant.ts'
import { NOT_STARTED, type PlayerTitleKey, type Progress, type ProgressKey } from '../../../model/progress.ts'
import type { Extensions } from '../../../model/title.ts'
import type { Step } from '../../../store/pipeline.ts'
import type { RemovedPlayers } from '../../../store/players/insert-players.ts'
import type { PlayerTitle } from '../../../store/progress/player-titles.ts'
import type { ProgressChange } from '../../../store/progress/progress-changes.ts'
import type { ProgressRecord } from '../../../store/progress/progress-rows.ts'
import type { Queries } from '../../../store/queries.ts'
import { playerRemoved } from '../../require.ts'

/**
 * The changes of one transaction to players' titles: opened together under the locks of the titles and of the progress, and
 * written together once.
 */
export class UnitOfWork {
  readonly #changes: ReadonlyMap<string, PlayerTitleChanges>
  readonly #removed: RemovedPlayers

  private constructor(changes: ReadonlyMap<string, PlayerTitleChanges>, removed: RemovedPlayers) {
    this.#changes = changes
    this.#removed = removed
  }

  /** Locks the players' titles of these keys and reads the progress. Keys may repeat. */
  static async open(queries: Queries, time: Instant, keys: readonly ProgressKey[]): Promise<UnitOfWork> {
    const [unitOfWork] = await UnitOfWork.openAndRead(queries, time, keys, async () => undefined)
    return unitOfWork
  }

  /** As `open`, and reads more under the same locks. `read` may be repeated. */
  static openAndRead<More>(
    queries: Queries,
    time: Instant,
    keys: readonly ProgressKey[],
    read: () => Promise<More>,
  ): Promise<readonly [UnitOfWork, More]> {
    const unique = new Map(
      keys.map((key) => [compositeKey(key.playerId, key.titleId, key.achievementId), key]),
    )
    return UnitOfWork.#lock(queries, time, keys, () =>
      queries.together([() => queries.progress.lockAt([...unique.values()]), read]),
    )
  }

  /** Locks one player's title and reads all of its progress. */
  static async openOne(queries: Queries, time: Instant, key: PlayerTitleKey): Promise<UnitOfWork> {
    const [unitOfWork] = await UnitOfWork.#lock(queries, time, [key], async () => {
      return [await queries.progress.lockOfPlayerTitle(key), undefined]
    })
    return unitOfWork
  }

  static async #lock<More>(
    queries: Queries,
    time: Instant,
    keys: readonly PlayerTitleKey[],
    lockProgress: () => Promise<readonly [readonly ProgressRecord[], More]>,
  ): Promise<readonly [UnitOfWork, More]> {
    const unique = new Map(keys.map((key) => [playerTitleKey(key), key]))
    const [locked, first] = await queries.together([
      () => queries.playerTitles.lock([...unique.values()], time),
      lockProgress,
    ])
    const [records, more] = locked.isLockedAtOnce ? first : await lockProgress()
    const playerTitles = new Map(
      locked.playerTitles.map((playerTitle) => [playerTitleKey(playerTitle), playerTitle]),
    )
    const found = Map.groupBy(records, playerTitleKey)
    const changes = new Map<string, PlayerTitleChanges>()
    for (const key of unique.keys()) {
      const playerTitle = playerTitles.get(key)
      const ofPlayerTitle = found.get(key) ?? []
      const progress = new Map(ofPlayerTitle.map((record) => [record.achievementId, record.progress]))
      if (playerTitle !== undefined) changes.set(key, new PlayerTitleChanges(playerTitle, progress))
    }
    return [new UnitOfWork(changes, locked.removed), more]
  }

  isRemoved({ playerId }: PlayerTitleKey): boolean {
    return this.#removed.has(playerId)
  }

  /** @throws LaurelError PLAYER_DELETED, PLAYER_MERGED */
  of(key: PlayerTitleKey): PlayerTitleChanges {
    const changes = this.#changes.get(playerTitleKey(key))
    if (changes !== undefined) return changes
    if (this.isRemoved(key)) throw playerRemoved(key.playerId, this.#removed.get(key.playerId))
    throw new Error(`player title ${playerTitleKey(key)} is not open`)
  }

  /** The keys of the progress that has changed. */
  get changedKeys(): readonly ProgressKey[] {
    return [...this.#changes.values()].flatMap(({ progress }) => progress)
  }

  /** Writes all changes. Events keep the order in which the players' titles were first named. */
  async flush(queries: Queries): Promise<void> {
    await queries.together(await this.writes(queries))
  }

  /** As `flush`, without events. Returns the changes: the caller must count their unlocks. */
  async flushSilently(queries: Queries): Promise<readonly ProgressChange[]> {
    await queries.together(await this.#writesOfState(queries))
    return this.#allChanges
  }

  /** Returns the statements of `flush`. If the time of a last unlock must be queried, the first of them have run. */
  async writes(queries: Queries): Promise<readonly Step[]> {
    const written = this.#allChanges
    const writes = await this.#writesOfState(queries)
    return written.length === 0 ? writes : [...writes, () => queries.progressChanges.insertEvents(written)]
  }

  async #writesOfState(queries: Queries): Promise<readonly Step[]> {
    const changes = [...this.#changes.values()]
    const changed = changes.flatMap(({ progress }) => progress)
    const reset = changed.filter(({ progress }) => progress === NOT_STARTED)
    const upserted = changed.filter(({ progress }) => progress !== NOT_STARTED)
    const writes: Step[] = []
    if (upserted.length > 0) writes.push(() => queries.progress.upsert(upserted))
    if (reset.length > 0) writes.push(() => queries.progress.delete(reset))
    const lost = changes.filter(({ hasLostUnlock }) => hasLostUnlock)
    if (lost.length > 0) await queries.together(writes.splice(0))
    for (const each of lost) each.setLastUnlock(await queries.playerTitles.findLastUnlock(each.playerTitle))
    const playerTitles = changes
      .filter(({ hasNewTotals }) => hasNewTotals)
      .map(({ playerTitle }) => playerTitle)
    writes.push(...queries.playerTitles.updates(playerTitles))
    return writes
  }

  get #allChanges(): readonly ProgressChange[] {
    return [...this.#changes.values()].flatMap((each) => each.changes)
  }
}

export function playerTitleKey({ playerId, titleId }: PlayerTitleKey): string {
  return compositeKey(playerId, titleId)
}

/** The part of a change beside the progress. */
export type Change = Omit<ProgressChange, keyof ProgressRecord | 'unlockChange'>

/**
 * The changes of one transaction to one player's title, in memory: an achievement may change several times, each change is
 * an event, and the totals follow. The state before the changes is locked, or verified by the statement that writes them.
 */
export class PlayerTitleChanges {
  readonly #found: ReadonlyMap<string, Progress>
  readonly #changed = new Map<string, Progress>()
  readonly #changes: ProgressChange[] = []
  #playerTitle: PlayerTitle
  #hasNewTotals = false
  #hasLostUnlock = false

  /** `found` is the progress before the changes, by achievement. */
  constructor(playerTitle: PlayerTitle, found: ReadonlyMap<string, Progress>) {
    this.#playerTitle = playerTitle
    this.#found = found
  }

  /** The row after the changes. */
  get playerTitle(): PlayerTitle {
    return this.#playerTitle
  }

  get hasNewTotals(): boolean {
    return this.#hasNewTotals
  }

  /** Whether the time of the last unlock must be queried, because an unlock was revoked, reset or moved. */
  get hasLostUnlock(): boolean {
    return this.#hasLostUnlock
  }

  /** The progress that changed, after the changes. */
  get progress(): readonly ProgressRecord[] {
    const { playerId, titleId } = this.#playerTitle
    const records: ProgressRecord[] = []
    for (const [achievementId, progress] of this.#changed) {
      records.push({ playerId, titleId, achievementId, progress })
    }
    return records
  }

  /** In their order. */
  get changes(): readonly ProgressChange[] {
    return this.#changes
  }

  progressOf(achievementId: string): Progress {
    return this.#changed.get(achievementId) ?? this.#found.get(achievementId) ?? NOT_STARTED
  }

  change(achievement: Pick<StoredAchievement, 'id' | 'rewards'>, next: Progress, change: Change): void {
    const { playerId, titleId } = this.#playerTitle
    const achievementId = achievement.id
    const before = this.progressOf(achievementId)
    const difference = Number(isUnlocked(next)) - Number(isUnlocked(before))
    // Only a merge of players moves an unlock time.
    const isMoved = isUnlocked(before) && before.unlockTime !== next.unlockTime
    if (isMoved || difference < 0) this.#hasLostUnlock = true
    this.#changed.set(achievementId, next)
    const unlockChange = difference
    this.#changes.push({ playerId, titleId, achievementId, progress: next, unlockChange, ...change })
    if (difference === 0) return
    const { unlockedCount, score, lastUnlockTime } = this.#playerTitle
    this.#setTotals({
      unlockedCount: unlockedCount + difference,
      score: score + BigInt(difference) * scoreOf(achievement),
      lastUnlockTime: difference > 0 ? later(lastUnlockTime, next.unlockTime) : lastUnlockTime,
    })
  }

  /** Adds members that a document has beside the player's totals. */
  annotate(extensions: Extensions): void {
    this.#setTotals({ extensions: { ...this.#playerTitle.extensions, ...extensions } })
  }

  setLastUnlock(lastUnlockTime: Instant | undefined): void {
    this.#setTotals({ lastUnlockTime })
  }

  #setTotals(totals: Partial<PlayerTitle>): void {
    this.#playerTitle = { ...this.#playerTitle, ...totals }
    this.#hasNewTotals = true
  }
}

function isUnlocked({ state, revoked }: Progress): boolean {
  return state === 'achieved' && !revoked
}

function later(left: Instant | undefined, right: Instant | undefined): Instant | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return left > right ? left : right
}
