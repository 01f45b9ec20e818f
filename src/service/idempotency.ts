import { hash } from 'node:crypto'
import { type CallerKey, EARLIER_CALLER } from '../model/caller-key.ts'
import { compositeKey } from '../model/composite-key.ts'
import { LaurelError } from '../model/errors.ts'
import type { Instant } from '../model/instant.ts'
import { pack, unpack } from '../model/packed.ts'
import type { Principal } from '../model/principal.ts'
import type { ProgressResult } from '../model/progress.ts'
import type { PlayerResponse, RequestKey } from '../store/idempotency.ts'
import type { Step } from '../store/pipeline.ts'
import type { RecordedResponse } from '../store/progress/progress-changes.ts'
import type { Queries } from '../store/queries.ts'
import { type AuditServices, audited, type Mutation } from './audit/record-change.ts'
import type { Call } from './call.ts'
import { playerDeleted } from './require.ts'

/** A request that runs for the player into whom the requested one was merged. */
export interface FollowedRequest {
  readonly playerId?: string | undefined
  /** Absent unless it differs. */
  readonly requestedPlayerId?: string | undefined
}

/** Characters of a digest: 132 bits. */
const DIGEST_LENGTH = 22

/** Returns the same digest for equal requests, whatever their request ids, before and after a merge of their player. */
export function requestDigest(operation: string, request: FollowedRequest & object): string {
  const { requestedPlayerId } = request
  const sent =
    requestedPlayerId === undefined
      ? { ...request, requestId: undefined }
      : { ...request, playerId: requestedPlayerId, requestedPlayerId: undefined, requestId: undefined }
  const payload = pack([operation, sent])
  return hash('sha256', payload, 'base64url').slice(0, DIGEST_LENGTH)
}

/** The scope of a request id besides its caller. */
export type RequestScope = { readonly titleId: string } | { readonly playerId: string }

/**
 * Returns the caller's part in the scope of its request ids: the kind and the name of the principal, as a short digest. A
 * player's client is empty: its permissions confine it to requests for this player. Callers without credentials are one.
 */
export function callerKey(principal: Principal): CallerKey {
  if (principal.kind === 'player' || 'unchecked' in principal) return ''
  const known = callerKeys.get(principal)
  if (known !== undefined) return known
  const key = hash('sha256', compositeKey(principal.kind, principal.name), 'base64url').slice(0, 12)
  callerKeys.set(principal, key)
  return key
}

const callerKeys = new WeakMap<Principal, CallerKey>()

/** Returns a digest of a request id and its caller, for `RequestKey`. */
export function requestKey(requestId: string, principal: Principal): string {
  return hash('sha256', compositeKey(requestId, callerKey(principal)), 'hex').slice(0, 32)
}

/**
 * Runs a mutation of definitions or of a player's record in one transaction, together with its audit entry. With a request id it
 * runs once: a retry by the same caller returns the first response.
 * @throws LaurelError REQUEST_ID_REUSED for another request under the same id; PLAYER_DELETED for a retry that is about a player who was
 * deleted since.
 */
export async function mutateIdempotently<Result>(
  services: AuditServices,
  operation: string,
  scope: RequestScope,
  request: FollowedRequest & { readonly requestId: string | undefined },
  call: Call,
  run: (queries: Queries) => Promise<Mutation<Result>>,
): Promise<Result> {
  const { store, now } = services
  const { requestId } = request
  return store.write(call.signal, async (queries) => {
    const runAudited = async () => audited(services, queries, call, requestId, await run(queries))
    if (requestId === undefined) return runAudited()
    const key = { requestId, scope: formatScope(scope, request), caller: callerKey(call.principal) }
    const digest = requestDigest(operation, request)
    const stored = await queries.idempotency.claimForDefinitions(key, digest, now())
    if (stored !== undefined) {
      const response = checkDigest(stored, requestId, digest)
      if (response === '' && 'playerId' in scope) throw playerDeleted(scope.playerId)
      return unpack<{ result: Result }>(response).result
    }
    const result = await runAudited()
    await queries.idempotency.storeForDefinitions(key, pack({ result }))
    return result
  })
}

/** A player is named as in the request, so that a retry after a merge finds the response. */
function formatScope(scope: RequestScope, { requestedPlayerId }: FollowedRequest): string {
  return 'titleId' in scope ? `title:${scope.titleId}` : `player:${requestedPlayerId ?? scope.playerId}`
}

interface PlayerMutation {
  readonly playerId: string
  readonly requestId: string | undefined
}

/** A mutation, and the call that makes it. */
interface MutationEntry {
  readonly request: PlayerMutation
  readonly call: Call
}

export type NewResponse = PlayerResponse & RequestKey & { readonly request: PlayerMutation }

/** A response as text, or the result of a report whose event is the stored response. */
type FirstResponse = string | ProgressResult

interface Stored {
  readonly digest: string
  readonly response: FirstResponse
}

/** Returns the result in the response to a mutation that is no report. */
export function unpackResult<Result>(response: FirstResponse): Result {
  // A report has another digest, so its response is not found.
  return unpack<{ result: Result }>(response as string).result
}

/**
 * The first responses to players' mutations. Loaded under the lock of the players' titles, or checked by the statement that
 * writes the new ones, and written in the mutation's own transaction: if no response is stored, nothing was written.
 */
export class IdempotencyStore {
  readonly #stored = new Map<string, Stored>()
  readonly #new: NewResponse[] = []

  constructor(stored: readonly PlayerResponse[] = [], recorded: readonly RecordedResponse[] = []) {
    for (const response of stored) this.#stored.set(keyOf(response), response)
    for (const { result: response, ...key } of recorded) this.#stored.set(keyOf(key), { ...key, response })
  }

  static async load(queries: Queries, entries: readonly MutationEntry[]): Promise<IdempotencyStore> {
    const requests = entries.flatMap(({ request: { playerId, requestId }, call: { principal } }) =>
      requestId === undefined ? [] : [{ playerId, requestId, requestKey: requestKey(requestId, principal) }],
    )
    if (requests.length === 0) return new IdempotencyStore()
    const [stored, recorded] = await queries.together([
      () => queries.idempotency.list(requests),
      () => queries.progressChanges.listRecorded(requests),
    ])
    return new IdempotencyStore(stored, recorded)
  }

  /**
   * Returns the first response to the caller; undefined for a new request. A report's is a result if it changed progress.
   * @throws LaurelError REQUEST_ID_REUSED if the caller used the id for another request.
   */
  find({ request: { playerId, requestId }, call }: MutationEntry, digest: string): FirstResponse | undefined {
    if (requestId === undefined || this.#stored.size === 0) return undefined
    const key = { playerId, requestId }
    const stored = this.#stored.get(keyOf({ ...key, caller: callerKey(call.principal) }))
    if (stored !== undefined) return checkDigest(stored, requestId, digest)
    const earlier = this.#stored.get(keyOf({ ...key, caller: EARLIER_CALLER }))
    return earlier?.digest.startsWith(digest) ? earlier.response : undefined
  }

  /** Adds a response. Texts are stored by `flush`, and a result by the event of its change. */
  add({ request, call }: MutationEntry, digest: string, response: FirstResponse): void {
    const { playerId, requestId } = request
    if (requestId === undefined) return
    const key = { playerId, requestId, caller: callerKey(call.principal) }
    this.#stored.set(keyOf(key), { digest, response })
    if (typeof response === 'string')
      this.#new.push({ ...key, requestKey: requestKey(requestId, call.principal), digest, response, request })
  }

  get newResponses(): readonly NewResponse[] {
    return this.#new
  }

  async flush(queries: Queries, time: Instant): Promise<void> {
    await queries.together(this.writes(queries, time))
  }

  /** Returns the statements of `flush`. */
  writes(queries: Queries, time: Instant): readonly Step[] {
    return this.#new.length === 0 ? [] : [() => queries.idempotency.insert(this.#new, time)]
  }
}

function checkDigest<Response>(
  { digest, response }: { readonly digest: string; readonly response: Response },
  requestId: string,
  expected: string,
): Response {
  // Earlier versions stored the whole digest.
  if (digest.startsWith(expected)) return response
  const message = `request_id ${requestId} was used for another request: take a new one`
  throw new LaurelError('failed_precondition', 'REQUEST_ID_REUSED', message, { metadata: { requestId } })
}

function keyOf({
  playerId,
  requestId,
  caller,
}: Pick<PlayerResponse, 'playerId' | 'requestId' | 'caller'>): string {
  return compositeKey(playerId, requestId, caller)
}
