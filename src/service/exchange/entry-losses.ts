import type { Canonical } from '../../dialect/adapter.ts'
import type { Loss } from '../../dialect/losses.ts'
import { pack } from '../../model/packed.ts'

/** An encoded record, with its losses by paths of the record. */
export interface EncodedRecord {
  readonly record: Canonical
  readonly losses: readonly Loss[]
  /** Paths of values that Laurel made and no document stated. */
  readonly made?: ReadonlySet<string> | undefined
}

const LIST_ORDER = '$.achievement.listOrder'

/** Attributes the losses of a written document to its entries, without values that a reader has all the same. */
export class EntryLosses {
  readonly #single: boolean
  readonly #reportedTitleLosses = new Set<string>()
  #count = 0
  #listOrder = Number.NEGATIVE_INFINITY

  /** `single`: the document is one entry, without a list around it. */
  constructor(single: boolean) {
    this.#single = single
  }

  /** Starts a list: the order of its entries is compared with no earlier one. */
  restart(): void {
    this.#listOrder = Number.NEGATIVE_INFINITY
  }

  /** Returns the losses of the next entry, with its position and achievement. */
  next({ record, losses, made }: EncodedRecord): readonly Loss[] {
    const path = this.#single ? '$' : `$[${this.#count}]`
    this.#count += 1
    const achievementId = achievementIdOf(record)
    const isInOrder = this.#isInOrder(record)
    return losses
      .filter((loss) => made?.has(loss.path) !== true && !(isInOrder && loss.path === LIST_ORDER))
      .filter((loss) => this.#isNew(loss))
      .map((loss) => ({ ...loss, path: path + loss.path.slice(1), achievementId }))
  }

  /** Whether the position in the document expresses the list order. */
  #isInOrder({ achievement }: Canonical): boolean {
    if (achievement === undefined) return true
    const previous = this.#listOrder
    this.#listOrder = achievement.listOrder
    return achievement.listOrder >= previous
  }

  /** Losses of the title are the same for each entry and reported with the first. */
  #isNew(loss: Loss): boolean {
    if (!loss.path.startsWith('$.title.')) return true
    const key = pack(loss)
    if (this.#reportedTitleLosses.has(key)) return false
    this.#reportedTitleLosses.add(key)
    return true
  }
}

/** Whether a loss is of progress or totals. In a shape without definitions only these are exported: the rest is read to compute them. */
export function isProgressPath(path: string): boolean {
  return /^\$\.(progress|summary)/.test(path)
}

export function achievementIdOf({ achievement, progress }: Canonical): string | undefined {
  return achievement?.id ?? progress?.achievementId
}
