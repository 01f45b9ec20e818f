import type { SentDeliveries } from '../service/destinations/complete-deliveries.ts'

/** What became of deliveries. `retried` and `unsent` are tried again. */
const OUTCOMES = {
  delivered: 'delivered',
  pending: 'retried',
  probed: 'retried',
  unsent: 'unsent',
  unsupported: 'unsupported',
  dead: 'dead',
} as const

export type DeliveryOutcome = (typeof OUTCOMES)[keyof typeof OUTCOMES]

/** Counts deliveries by what became of them. */
export class DeliveryCounts {
  readonly #counts = new Map<DeliveryOutcome, number>(Object.values(OUTCOMES).map((name) => [name, 0]))

  add(sent: readonly SentDeliveries[]): void {
    for (const { results } of sent) {
      for (const { state } of results) {
        const outcome = OUTCOMES[state]
        this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1)
      }
    }
  }

  entries(): Iterable<[DeliveryOutcome, number]> {
    return this.#counts.entries()
  }
}
