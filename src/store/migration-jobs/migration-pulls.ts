import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { MigrationJobKey, PullState } from '../../model/migration-job.ts'
import type { Tables } from '../schema.ts'

export interface PullKey extends MigrationJobKey {
  readonly playerId: string
}

export interface StoredPull {
  readonly state: PullState
  /** The number of failed pulls. */
  readonly attempts: number
}

/** The players of jobs with a lazy source. A claim expires, because its server may die. */
export function migrationPullQueries(db: Kysely<Tables>) {
  const of = ({ playerId, titleId, jobId }: PullKey) =>
    sql`player_id = ${playerId} and title_id = ${titleId} and job_id = ${jobId}`

  return {
    /** Claims a player until a time. Returns undefined if the player is done, claimed by another caller, or not due. */
    async claim(key: PullKey, now: Instant, until: Instant): Promise<StoredPull | undefined> {
      const { playerId, titleId, jobId } = key
      const { rows } = await sql<StoredPull>`
        insert into migration_pulls as p (player_id, title_id, job_id, state, attempts, next_time)
        values (${playerId}, ${titleId}, ${jobId}, 'pulling', 0, ${until})
        on conflict (player_id, title_id, job_id) do update set state = excluded.state, next_time = excluded.next_time
        where p.state <> 'done' and p.next_time <= ${now}
        returning state, attempts`.execute(db)
      return rows[0]
    },

    async find(key: PullKey): Promise<StoredPull | undefined> {
      const { rows } = await sql<StoredPull>`
        select state, attempts from migration_pulls where ${of(key)}`.execute(db)
      return rows[0]
    },

    async update(key: PullKey, { state, attempts }: StoredPull, nextTime: Instant): Promise<void> {
      await sql`
        update migration_pulls set state = ${state}, attempts = ${attempts}, next_time = ${nextTime}
        where ${of(key)} and state <> 'done'`.execute(db)
    },

    /** Returns players whose pull has failed, or was given up by its server, and is due. */
    async listDue(
      { titleId, jobId }: MigrationJobKey,
      now: Instant,
      limit: number,
    ): Promise<readonly string[]> {
      const { rows } = await sql<{ player_id: string }>`
        select player_id from migration_pulls
        where title_id = ${titleId} and job_id = ${jobId} and next_time <= ${now} and state in ('pulling', 'failed')
        order by next_time limit ${limit}`.execute(db)
      return rows.map(({ player_id }) => player_id)
    },
  }
}
