import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { MigrationJobKey, PullState } from '../../model/migration-job.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Tables } from '../schema.ts'

export interface PullKey extends MigrationJobKey {
  readonly playerId: string
}

export interface StoredPull {
  readonly state: PullState
  /** The number of failed pulls. */
  readonly attempts: number
  /** When the claim ends, or the player is due. */
  readonly nextTime: Instant
}

/** The right of one server to read a player. `nextTime` distinguishes it from later claims. */
export type PullClaim = PullKey & Pick<StoredPull, 'attempts' | 'nextTime'>

/** The players of jobs with a lazy source. A claim expires, because its server may die. */
export function migrationPullQueries(db: Kysely<Tables>) {
  const of = ({ playerId, titleId, jobId }: PullKey) =>
    sql`player_id = ${playerId} and title_id = ${titleId} and job_id = ${jobId}`
  const isClaim = (claim: PullClaim) =>
    sql`${of(claim)} and state = 'pulling' and next_time = ${claim.nextTime}`

  return {
    /** Claims a player until a time. Returns undefined if the player is done, claimed by another caller, or not due. */
    async claim(key: PullKey, now: Instant, until: Instant): Promise<PullClaim | undefined> {
      const { playerId, titleId, jobId } = key
      const { rows } = await sql<Pick<StoredPull, 'attempts'>>`
        insert into migration_pulls as p (player_id, title_id, job_id, state, attempts, next_time)
        values (${playerId}, ${titleId}, ${jobId}, 'pulling', 0, ${until})
        on conflict (player_id, title_id, job_id) do update set state = excluded.state, next_time = excluded.next_time
        where p.state <> 'done' and p.next_time <= ${now}
        returning attempts`.execute(db)
      return rows[0] && { playerId, titleId, jobId, attempts: rows[0].attempts, nextTime: until }
    },

    /** Locks a claim until the end of the transaction. Returns false if it has ended, by another claim or a deletion. */
    async lockClaim(claim: PullClaim): Promise<boolean> {
      const { rows } = await sql`
        select 1 from migration_pulls where ${isClaim(claim)} for no key update`.execute(db)
      return rows.length > 0
    },

    /** Ends all claims of a job, after the transactions that have locked theirs. */
    async endClaims({ titleId, jobId }: MigrationJobKey): Promise<void> {
      await sql`
        update migration_pulls set state = 'failed'
        where title_id = ${titleId} and job_id = ${jobId} and state = 'pulling'`.execute(db)
    },

    /** Marks a player as done for the jobs that have tried to read it, after the transactions that have locked their claims. */
    async endOfPlayer({ playerId, titleId }: PlayerTitleKey): Promise<void> {
      await sql`
        update migration_pulls set state = 'done'
        where player_id = ${playerId} and title_id = ${titleId} and state <> 'done'`.execute(db)
    },

    async delete(key: PullKey): Promise<void> {
      await sql`delete from migration_pulls where ${of(key)}`.execute(db)
    },

    async find(key: PullKey): Promise<StoredPull | undefined> {
      const { rows } = await sql<StoredPull>`
        select state, attempts, next_time as "nextTime" from migration_pulls where ${of(key)}`.execute(db)
      return rows[0]
    },

    /** Ends a claim; without effect if it has ended. */
    async update(claim: PullClaim, { state, attempts, nextTime }: StoredPull): Promise<void> {
      await sql`
        update migration_pulls set state = ${state}, attempts = ${attempts}, next_time = ${nextTime}
        where ${isClaim(claim)}`.execute(db)
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
