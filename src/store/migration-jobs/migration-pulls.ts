import { type Kysely, type RawBuilder, sql } from 'kysely'
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

interface MergedIds {
  readonly absorbedId: string
  readonly playerId: string
}

/** The right of one server to read a player. `nextTime` distinguishes it from later claims. */
export type PullClaim = PullKey & Pick<StoredPull, 'attempts' | 'nextTime'>

/**
 * Returns the statement after which a player who had no account is due. It waits for a server that is about to find none, and changes no
 * other claim.
 * @param player the SQL of the player's id
 */
export function retryUnlinked(player: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    update migration_pulls set state = case when state = 'unlinked' then 'failed' else state end,
      next_time = case when state = 'unlinked' then 0 else next_time end
    where player_id in (${player}) and state <> 'done'`
}

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

    /** Returns after the transactions that have locked claims of a player. */
    async waitForPlayer({ playerId, titleId }: PlayerTitleKey): Promise<void> {
      await sql`
        select 1 from migration_pulls
        where player_id = ${playerId} and title_id = ${titleId} and state <> 'done' for no key update`.execute(
        db,
      )
    },

    /** Stores that progress was reset. @param achievementId undefined for all of the title */
    async insertReset(
      { playerId, titleId }: PlayerTitleKey,
      achievementId: string | undefined,
    ): Promise<void> {
      await sql`
        insert into migration_resets (player_id, title_id, achievement_id)
        values (${playerId}, ${titleId}, ${achievementId ?? ''}) on conflict do nothing`.execute(db)
    },

    /** Returns whether an operator has reset progress of a player, of the players whom it absorbed, or of the one into whom it was merged. */
    async findResets({ playerId, titleId }: PlayerTitleKey): Promise<(achievementId: string) => boolean> {
      const { rows } = await sql<{ achievement_id: string }>`
        select achievement_id from migration_resets
        where title_id = ${titleId} and player_id in (
          select ${playerId} union all select player_id from player_aliases where id = ${playerId})`.execute(
        db,
      )
      const ids = new Set(rows.map(({ achievement_id }) => achievement_id))
      return (achievementId) => ids.has(achievementId) || ids.has('')
    },

    /** Gives the resets of an absorbed player to the surviving one too. */
    async copyResets({ absorbedId, playerId }: MergedIds): Promise<void> {
      await sql`
        insert into migration_resets (player_id, title_id, achievement_id)
        select ${playerId}, title_id, achievement_id from migration_resets where player_id = ${absorbedId}
        on conflict do nothing`.execute(db)
    },

    /** Makes a player due who had no account. */
    async retryUnlinked(playerId: string): Promise<void> {
      await retryUnlinked(sql`${playerId}`).execute(db)
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
