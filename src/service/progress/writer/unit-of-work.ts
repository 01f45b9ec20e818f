import type { Instant } from '../../../model/instant.ts'
import { NOT_STARTED } from '../../../model/progress.ts'
import type { PlayerTitle, PlayerTitleKey } from '../../../store/progress/player-titles.ts'
import type { ProgressKey, ProgressRecord } from '../../../store/progress/progress.ts'
import type { Queries } from '../../../store/queries.ts'
import { PlayerTitleChanges } from './player-title-changes.ts'

/**
 * The ledgers of a transaction: opened together under the lock of their sheets, and written together once, in the order
 * in which their sheets were first named.
 */
export class UnitOfWork {
  readonly #changes: ReadonlyMap<string, PlayerTitleChanges>

  private constructor(changes: ReadonlyMap<string, PlayerTitleChanges>) {
    this.#changes = changes
  }

  /** Locks the sheets of these keys and reads the progress. Keys may repeat. */
  static async open(queries: Queries, time: Instant, keys: readonly ProgressKey[]): Promise<UnitOfWork> {
    const unique = [...new Map(keys.map((key) => [progressKey(key), key])).values()]
    return UnitOfWork.#lock(queries, time, keys, () => queries.progress.listAt(unique))
  }

  /** Locks one sheet and reads all that the player has in the title. */
  static async openOne(queries: Queries, time: Instant, key: PlayerTitleKey): Promise<UnitOfWork> {
    return UnitOfWork.#lock(queries, time, [key], () => queries.progress.listOfPlayerTitle(key))
  }

  static async #lock(
    queries: Queries,
    time: Instant,
    keys: readonly PlayerTitleKey[],
    read: () => Promise<readonly ProgressRecord[]>,
  ): Promise<UnitOfWork> {
    if (keys.length === 0) return new UnitOfWork(new Map())
    const unique = new Map(keys.map((key) => [playerTitleKey(key), key]))
    const locked = await queries.playerTitles.lock([...unique.values()], time)
    const playerTitles = new Map(locked.map((playerTitle) => [playerTitleKey(playerTitle), playerTitle]))
    const found = Map.groupBy(await read(), playerTitleKey)
    const changes = [...unique.keys()].map((name) => {
      const records = found.get(name) ?? []
      const progress = new Map(records.map((record) => [record.achievementId, record.progress]))
      return [name, new PlayerTitleChanges(playerTitles.get(name) as PlayerTitle, progress)] as const
    })
    return new UnitOfWork(new Map(changes))
  }

  of(key: PlayerTitleKey): PlayerTitleChanges {
    const each = this.#changes.get(playerTitleKey(key))
    if (each === undefined) throw new Error(`sheet ${playerTitleKey(key)} is not open`)
    return each
  }

  async flush(queries: Queries): Promise<void> {
    const changes = [...this.#changes.values()]
    const changed = changes.flatMap(({ progress }) => progress)
    const deletedCount = changed.filter(({ progress }) => progress === NOT_STARTED)
    const kept = changed.filter(({ progress }) => progress !== NOT_STARTED)
    if (kept.length > 0) await queries.progress.upsert(kept)
    if (deletedCount.length > 0) await queries.progress.delete(deletedCount)
    for (const each of changes) {
      if (each.isShrunk) each.setLastUnlock(await queries.playerTitles.findLastUnlock(each.playerTitle))
    }
    const playerTitles = changes
      .filter(({ hasNewTotals }) => hasNewTotals)
      .map(({ playerTitle }) => playerTitle)
    if (playerTitles.length > 0) await queries.playerTitles.update(playerTitles)
    const events = changes.flatMap((each) => each.events)
    if (events.length > 0) await queries.progress.insertEvents(events)
  }
}

/** No id holds U+0000. */
export function playerTitleKey({ playerId, titleId }: PlayerTitleKey): string {
  return `${playerId}\u0000${titleId}`
}

function progressKey({ playerId, titleId, achievementId }: ProgressKey): string {
  return `${playerId}\u0000${titleId}\u0000${achievementId}`
}
