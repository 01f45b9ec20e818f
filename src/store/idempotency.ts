import { type Kysely, sql } from 'kysely'
import { type CallerKey, EARLIER_CALLER } from '../model/caller-key.ts'
import { compositeKey } from '../model/composite-key.ts'
import type { Instant } from '../model/instant.ts'
import { forEachGroup, ofPlayers, type Sharding } from './citus/sharding.ts'
import { type Columns, fixed, fragment, table } from './fixed-statement.ts'
import type { Tables } from './schema.ts'

/** The first response to a mutation, returned to each retry under the same request id. */
export interface StoredResponse {
  /** Of the request, to detect another request under the same id. */
  readonly digest: string
  /** JSON; empty if its content was deleted with the player that it was about. */
  readonly response: string
}

/** The response to a request without a result, such as a deletion. */
const NO_RESULT = '{}'

export interface PlayerRequestKey {
  readonly playerId: string
  readonly requestId: string
}

/** A player's request of one caller. */
export interface RequestKey extends PlayerRequestKey {
  /** A digest of the request id and the caller: 32 hexadecimal digits. */
  readonly requestKey: string
}

/** A request for definitions or a player's record. */
export interface ScopedRequestKey {
  readonly requestId: string
  /** `title:ID` or `player:ID`. */
  readonly scope: string
  readonly caller: CallerKey
}

export type PlayerResponse = PlayerRequestKey & StoredResponse & { readonly caller: CallerKey }

/** For statements that insert responses: the columns, and their values in `responseRows`. */
export const RESPONSE_COLUMNS = fragment('player_id, request_id, caller, fingerprint, response')
export const RESPONSE_VALUES = fragment('player_id, request_id, caller, digest, response')

export function responseRows(responses: readonly PlayerResponse[]): Columns {
  return {
    player_id: ['text', responses.map(({ playerId }) => playerId)],
    request_id: ['text', responses.map(({ requestId }) => requestId)],
    caller: ['text', responses.map(({ caller }) => caller)],
    digest: ['text', responses.map(({ digest }) => digest)],
    response: ['json', responses.map(({ response }) => response)],
  }
}

function keyText({ playerId, requestId, caller }: PlayerResponse): string {
  return compositeKey(playerId, requestId, caller)
}

export function idempotencyQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    /**
     * Claims a request id for this transaction. Returns undefined if it was free; else the stored response, after waiting
     * for the transaction that claimed it.
     */
    async claimForDefinitions(
      { requestId, scope, caller }: ScopedRequestKey,
      digest: string,
      time: Instant,
    ): Promise<StoredResponse | undefined> {
      const isEarlier = sql`scope = '' and request_id = ${requestId} and caller = ${EARLIER_CALLER}
        and starts_with(fingerprint, ${digest})`
      const claimed = await sql`
        insert into definition_requests (request_id, scope, caller, fingerprint, create_time)
        select ${requestId}, ${scope}, ${caller}, ${digest}, ${time}::bigint
        where not exists (select from definition_requests where ${isEarlier})
        on conflict (scope, request_id, caller) do nothing returning request_id`.execute(db)
      if (claimed.rows.length > 0) return undefined
      const { rows } = await sql<StoredResponse>`
        select fingerprint as digest, coalesce(response, '') as response
        from definition_requests
        where scope = ${scope} and request_id = ${requestId} and caller = ${caller} or ${isEarlier}`.execute(
        db,
      )
      return rows[0] as StoredResponse
    },

    async storeForDefinitions(
      { requestId, scope, caller }: ScopedRequestKey,
      response: string,
    ): Promise<void> {
      await db
        .updateTable('definition_requests')
        .set({ response })
        .where('scope', '=', scope)
        .where('request_id', '=', requestId)
        .where('caller', '=', caller)
        .execute()
    },

    /** Deletes the content of the responses about players' records: a late retry finds that there was one. */
    async redactPlayers(playerIds: readonly string[]): Promise<void> {
      const scopes = playerIds.map((id) => `player:${id}`)
      await db
        .updateTable('definition_requests')
        .set({ response: null })
        .where('scope', '=', sql<string>`any(${scopes}::text[])`)
        .where('response', '<>', NO_RESULT)
        .execute()
    },

    list,
    insert,

    /** As `insert`, but without responses to requests that have one already. The players must be locked exclusively. */
    async insertMissing(responses: readonly PlayerResponse[], time: Instant): Promise<void> {
      // On a cluster, a unique index is that of a partition.
      const stored = new Set((await list(responses)).map(keyText))
      const missing = responses.filter((response) => !stored.has(keyText(response)))
      if (missing.length > 0) await insert(missing, time)
    },

    /** Deletes responses that are older than the time. On a cluster, those of players are dropped by partition. */
    async purgeBefore(time: Instant): Promise<void> {
      await db.deleteFrom('definition_requests').where('create_time', '<', time).execute()
      if (!sharding.isDistributed)
        await db.deleteFrom('player_requests').where('create_time', '<', time).execute()
    },
  }

  /** Returns the stored responses to players' requests, of all callers, in no order. */
  function list(requests: readonly PlayerRequestKey[]): Promise<readonly PlayerResponse[]> {
    return forEachGroup(sharding, requests, ({ playerId }) => playerId, listGroup)
  }

  async function insert(responses: readonly PlayerResponse[], time: Instant): Promise<void> {
    await fixed`insert into player_requests (${RESPONSE_COLUMNS}, create_time)
      select ${RESPONSE_VALUES}, ${time}::bigint from ${table('r', responseRows(responses))}
      order by player_id, request_id`.execute(db)
  }

  async function listGroup(requests: readonly PlayerRequestKey[]): Promise<readonly PlayerResponse[]> {
    const playerIds = requests.map(({ playerId }) => playerId)
    const { rows } = await sql<PlayerResponse>`
      select q.player_id as "playerId", q.request_id as "requestId", q.caller, q.fingerprint as digest,
        q.response
      from player_requests q
      join unnest(${playerIds}::text[],
                  ${requests.map(({ requestId }) => requestId)}::text[]) as keys (player_id, request_id)
        on q.player_id = keys.player_id and q.request_id = keys.request_id
      where ${ofPlayers(sharding, 'q.player_id', playerIds)}`.execute(db)
    return rows
  }
}
