import { type Kysely, sql } from 'kysely'
import { formatJson } from '../model/exact-json.ts'
import type { Instant } from '../model/instant.ts'
import type { Tables } from './schema.ts'

/** A mutation's first answer, kept so that a retry gets it again. */
export interface StoredResponse {
  readonly fingerprint: string
  readonly response: string
}

export interface PlayerRequestKey {
  readonly playerId: string
  readonly requestId: string
}

export function requestQueries(db: Kysely<Tables>) {
  return {
    /**
     * Claims a request id for this transaction. Undefined when it was free; else the answer that was given, after
     * waiting for the transaction that had claimed it.
     */
    async claimForDefinitions(
      requestId: string,
      fingerprint: string,
      time: Instant,
    ): Promise<StoredResponse | undefined> {
      const claimed = await db
        .insertInto('definition_requests')
        .values({ request_id: requestId, fingerprint, response: null, create_time: time })
        .onConflict((conflict) => conflict.column('request_id').doNothing())
        .returning('request_id')
        .executeTakeFirst()
      if (claimed !== undefined) return undefined
      const row = await db
        .selectFrom('definition_requests')
        .where('request_id', '=', requestId)
        .select(['fingerprint', 'response'])
        .executeTakeFirstOrThrow()
      return { fingerprint: row.fingerprint, response: row.response ?? '' }
    },

    async storeForDefinitions(requestId: string, response: string): Promise<void> {
      await db
        .updateTable('definition_requests')
        .set({ response })
        .where('request_id', '=', requestId)
        .execute()
    },

    /** The answers that players' requests were given, in no order. */
    async list(
      requests: readonly PlayerRequestKey[],
    ): Promise<readonly (PlayerRequestKey & StoredResponse)[]> {
      const { rows } = await sql<{
        player_id: string
        request_id: string
        fingerprint: string
        response: string
      }>`
        select q.player_id, q.request_id, q.fingerprint, q.response from player_requests q
        join unnest(${requests.map(({ playerId }) => playerId)}::text[],
                    ${requests.map(({ requestId }) => requestId)}::text[]) as wanted (player_id, request_id)
          on q.player_id = wanted.player_id and q.request_id = wanted.request_id`.execute(db)
      return rows.map((row) => ({
        playerId: row.player_id,
        requestId: row.request_id,
        fingerprint: row.fingerprint,
        response: row.response,
      }))
    },

    async insert(responses: readonly (PlayerRequestKey & StoredResponse)[], time: Instant): Promise<void> {
      const rows = formatJson(
        responses.map(({ playerId, requestId, fingerprint, response }) => ({
          player_id: playerId,
          request_id: requestId,
          fingerprint,
          response,
          create_time: time,
        })),
      )
      await sql`
        insert into player_requests (player_id, request_id, fingerprint, response, create_time)
        select * from jsonb_to_recordset(${rows}::jsonb)
          as r (player_id text, request_id text, fingerprint text, response text, create_time bigint)
        order by player_id, request_id`.execute(db)
    },

    /** Forgets answers that were given before an instant. */
    async purgeBefore(time: Instant): Promise<void> {
      await db.deleteFrom('definition_requests').where('create_time', '<', time).execute()
      await db.deleteFrom('player_requests').where('create_time', '<', time).execute()
    },
  }
}
