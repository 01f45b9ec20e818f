import type { ReportStore } from '../../../store/report-store.ts'
import type { Store } from '../../../store/store.ts'
import { callerOf } from '../../call-limiter.ts'
import { Batcher, type BatcherOptions } from './batcher.ts'
import type { ReportEntry, StatsEntry } from './contract.ts'

type Options<Entry, Outcome> = Omit<BatcherOptions<Entry, Outcome>, 'keyOf' | 'callerOf'>

/**
 * Batches entries by the node that has the players' rows: a batch is one transaction, in which a lost node would fail the
 * other nodes' players too. Without a cluster there is one batcher.
 */
export class NodeBatchers<Entry extends ReportEntry | StatsEntry, Outcome> {
  readonly #store: Store
  readonly #options: Options<Entry, Outcome>
  readonly #batchers = new Map<ReportStore, Batcher<Entry, Outcome>>()

  constructor(store: Store, options: Options<Entry, Outcome>) {
    this.#store = store
    this.#options = options
  }

  add(entry: Entry, bytes: number): Promise<Outcome> {
    return this.#batcherOf(this.#store.reportStoreOf(entry.request.playerId)).add(
      entry,
      bytes,
      entry.call.signal,
    )
  }

  get waiting(): number {
    return [...this.#batchers.values()].reduce((sum, batcher) => sum + batcher.waiting, 0)
  }

  #batcherOf(node: ReportStore): Batcher<Entry, Outcome> {
    const existing = this.#batchers.get(node)
    if (existing !== undefined) return existing
    // Nodes that have left the cluster would keep theirs.
    for (const [each, { isIdle }] of this.#batchers) if (isIdle) this.#batchers.delete(each)
    const batcher = new Batcher<Entry, Outcome>({
      ...this.#options,
      keyOf: ({ request }) => request.playerId,
      callerOf: ({ call }) => callerOf(call.principal),
    })
    this.#batchers.set(node, batcher)
    return batcher
  }
}
