import type { Instant } from '../model/instant.ts'
import type { PlayerRequestKey, StoredResponse } from '../store/idempotency.ts'
import type { Queries } from '../store/queries.ts'
import { requestIdReused } from './idempotency.ts'

interface PlayerMutation {
  readonly playerId: string
  readonly titleId: string
  readonly requestId: string | undefined
}

export type NewResponse = PlayerRequestKey & StoredResponse & { readonly titleId: string }

/**
 * First answers of players' mutations. Read under the lock of the players' sheets and written in the mutation's
 * own transaction: a retry finds its answer, or nothing of the first try has happened.
 */
export class IdempotencyStore {
  readonly #stored: Map<string, StoredResponse>
  readonly #new: NewResponse[] = []

  /** Where none is known, that there is none is made sure of when the new ones are written. */
  constructor(known: readonly (PlayerRequestKey & StoredResponse)[] = []) {
    this.#stored = new Map(known.map((stored) => [keyOf(stored.playerId, stored.requestId), stored]))
  }

  static async load(queries: Queries, mutations: readonly PlayerMutation[]): Promise<IdempotencyStore> {
    const requests = mutations.flatMap(({ playerId, requestId }) =>
      requestId === undefined ? [] : [{ playerId, requestId }],
    )
    return new IdempotencyStore(requests.length === 0 ? [] : await queries.idempotency.list(requests))
  }

  /**
   * The answer that this request was given before, as a text of whoever gave it; undefined for a new one.
   * @throws LaurelError when its id was used for another request.
   */
  find({ playerId, requestId }: PlayerMutation, digest: string): string | undefined {
    if (requestId === undefined) return undefined
    const stored = this.#stored.get(keyOf(playerId, requestId))
    if (stored === undefined) return undefined
    if (stored.fingerprint !== digest) throw requestIdReused(requestId)
    return stored.response
  }

  add({ playerId, titleId, requestId }: PlayerMutation, digest: string, response: string): void {
    if (requestId === undefined) return
    const stored = { playerId, titleId, requestId, fingerprint: digest, response }
    this.#stored.set(keyOf(playerId, requestId), stored)
    this.#new.push(stored)
  }

  /** The new ones. */
  get newResponses(): readonly NewResponse[] {
    return this.#new
  }

  async flush(queries: Queries, time: Instant): Promise<void> {
    if (this.#new.length > 0) await queries.idempotency.insert(this.#new, time)
  }
}

function keyOf(playerId: string, requestId: string): string {
  return `${playerId}\u0000${requestId}`
}
