import type pg from 'pg'
import { meaningOfError } from '../errors.ts'
import type { SqlStateMeaning } from '../sqlstates.ts'
import { openSidePool } from './side-pool.ts'

/** Connections: about one for each batch in flight, because a call takes far less time than its batch. */
const POOL_SIZE = 2

/**
 * Takes ids of events from the coordinator's sequence, for transactions of nodes. It has connections of its own: those of the store may
 * all wait for rows that such a transaction has locked.
 */
export class EventIds {
  readonly #pool: pg.Pool
  readonly #onFailed: (meaning: SqlStateMeaning | undefined) => void

  /** @param onFailed called with each failure of the coordinator */
  constructor(connectionString: string, onFailed: (meaning: SqlStateMeaning | undefined) => void) {
    this.#onFailed = onFailed
    this.#pool = openSidePool({ connectionString, max: POOL_SIZE })
  }

  /**
   * Returns new ids, ascending. They are durable: Postgres flushes the log of a sequence only with a transaction that writes, and after
   * a crash would assign ids again that a node has committed. The message is such a write.
   */
  async take(count: number): Promise<readonly bigint[]> {
    if (count === 0) return []
    const taken = this.#pool.query<{ ids: string }>(
      `select string_agg(nextval('events_id_seq')::text, ' ') as ids, pg_logical_emit_message(true, 'laurel', '') as written,
        case current_setting('synchronous_commit') when 'off' then set_config('synchronous_commit', 'on', true) end as flushed
      from generate_series(1, $1::integer)`,
      [count],
    )
    const { rows } = await taken.catch((error: unknown) => {
      this.#onFailed(meaningOfError(error))
      throw error
    })
    return (rows[0]?.ids ?? '').split(' ').map(BigInt)
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}
