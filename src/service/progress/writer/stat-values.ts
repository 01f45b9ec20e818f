import { compositeKey } from '../../../model/composite-key.ts'
import type { Instant } from '../../../model/instant.ts'
import type { PlayerTitleKey } from '../../../model/progress.ts'
import type { Quantity } from '../../../model/quantity.ts'
import type { StatValue } from '../../../model/stat.ts'
import type { Queries } from '../../../store/queries.ts'
import type { Movement } from '../../stats/stat-updates.ts'
import { playerTitleKey } from './unit-of-work.ts'

/** The players' values of stats, as they were read and as each entry changes them. */
export class StatValues {
  readonly #current: Map<string, Map<string, StatValue>>
  readonly #changed = new Map<string, StatValue & PlayerTitleKey>()

  constructor(values: readonly (StatValue & PlayerTitleKey)[]) {
    const byPlayerTitle = Map.groupBy(values, playerTitleKey)
    this.#current = new Map(
      [...byPlayerTitle].map(([playerTitle, ofPlayerTitle]) => [
        playerTitle,
        new Map(ofPlayerTitle.map((value) => [value.code, value])),
      ]),
    )
  }

  static async load(
    queries: Queries,
    keys: readonly PlayerTitleKey[],
    codes: readonly string[],
  ): Promise<StatValues> {
    return new StatValues(codes.length === 0 ? [] : await queries.stats.findValues(keys, codes))
  }

  of(key: PlayerTitleKey): ReadonlyMap<string, StatValue> {
    return this.#current.get(playerTitleKey(key)) ?? new Map()
  }

  /** Returns the values alone, by code. */
  quantitiesOf(key: PlayerTitleKey): Readonly<Record<string, Quantity>> {
    return Object.fromEntries([...this.of(key)].map(([code, { value }]) => [code, value]))
  }

  set(key: PlayerTitleKey, movements: ReadonlyMap<string, Movement>, time: Instant): readonly StatValue[] {
    const { playerId, titleId } = key
    const current = new Map(this.of(key))
    const written = [...movements].map(([code, { after }]) => {
      const value = {
        code,
        value: after,
        createTime: current.get(code)?.createTime ?? time,
        updateTime: time,
      }
      current.set(code, value)
      this.#changed.set(compositeKey(playerId, titleId, code), { ...value, playerId, titleId })
      return value
    })
    this.#current.set(playerTitleKey(key), current)
    return written
  }

  get changed(): readonly (StatValue & PlayerTitleKey)[] {
    return [...this.#changed.values()]
  }
}
