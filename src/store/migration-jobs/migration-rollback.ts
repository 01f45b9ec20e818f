import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { MigrationJobKey } from '../../model/migration-job.ts'
import type { Progress, ProgressKey } from '../../model/progress.ts'
import type { Sharding } from '../citus/sharding.ts'
import { PROGRESS_FACTS, PROGRESS_KEY, progressFromRow } from '../progress/progress-rows.ts'
import type { Row, Tables } from '../schema.ts'
import { keyedRows, keyTable } from './key-table.ts'

/** A key within a title, in the order of a rollback. */
export type JobProgressKey = Pick<ProgressKey, 'achievementId' | 'playerId'>

/** A value within a title, in the order of a rollback. */
export interface JobStatKey {
  readonly playerId: string
  readonly code: string
}

/** The progress before the job; undefined for a row that the job inserted. */
export interface FormerProgress {
  readonly progress: Progress | undefined
  /** The job that wrote it; undefined if none did, or it had changed since. */
  readonly jobId: string | undefined
}

/** The columns of `migration_undo u` that hold progress. */
const FORMER = [...PROGRESS_KEY, ...PROGRESS_FACTS].map((name) => `u.${name}`).join(', ')

type FormerRow = Row<'progress'> & {
  readonly former_id: string | null
  readonly is_unchanged: boolean
  readonly has_former: boolean
}

export function migrationRollbackQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    /** Returns the next progress of a title that a job wrote, in order of achievement and player: last but for reports, or before another job. */
    async list(
      { titleId, jobId }: MigrationJobKey,
      after: JobProgressKey,
      limit: number,
    ): Promise<readonly JobProgressKey[]> {
      const isNext = sql`(achievement_id, player_id) > (${after.achievementId}, ${after.playerId})
        order by achievement_id, player_id limit ${limit}`
      // Citus supports no subquery on a table of the coordinator that refers to rows of nodes.
      const isOfJob = sharding.isDistributed
        ? sql`migration_version in (select version from migration_parts where job_id = ${jobId} and title_id = ${titleId})`
        : sql`exists (
              select from migration_parts m
              where m.version = p.migration_version and m.job_id = ${jobId} and m.title_id = p.title_id)`
      const { rows } = await sql<JobProgressKey>`
        (select achievement_id as "achievementId", player_id as "playerId" from progress p
          where title_id = ${titleId} and migration_version is not null
            and ${isOfJob}
            and ${isNext})
        union
        (select achievement_id, player_id from migration_undo
          where title_id = ${titleId} and former_job_id = ${jobId} and ${isNext})
        order by "achievementId", "playerId" limit ${limit}`.execute(db)
      return rows
    },

    /** Returns the progress before the job for each key, undefined where it has changed since. The rows must be locked. */
    async findFormer(
      { jobId }: MigrationJobKey,
      keys: readonly ProgressKey[],
    ): Promise<readonly (FormerProgress | undefined)[]> {
      if (keys.length === 0) return []
      const { ctes, of } = keyedRows(sharding, keys, ['progress', 'migration_undo'])
      const { rows } = await sql<FormerRow>`${ctes}
        select ${sql.raw(FORMER)}, j.id as former_id, m.version is not null as is_unchanged,
          u.player_id is not null as has_former
        from ${keyTable(keys)}
        left join ${of('progress')} p
          on p.player_id = k.player_id and p.title_id = k.title_id and p.achievement_id = k.achievement_id
        left join migration_parts m
          on m.version = p.version and m.version = p.migration_version and m.title_id = p.title_id and m.job_id = ${jobId}
        left join ${of('migration_undo')} u
          on u.player_id = k.player_id and u.title_id = k.title_id and u.achievement_id = k.achievement_id and u.job_id = ${jobId}
        left join migration_jobs j on j.title_id = u.title_id and j.id = u.former_job_id
        order by k.ordinal`.execute(db)
      return rows.map((row) => {
        if (!row.is_unchanged) return undefined
        return {
          progress: row.has_former ? progressFromRow(row).progress : undefined,
          jobId: row.former_id ?? undefined,
        }
      })
    },

    /** Returns the players of the next values of stats that a job wrote, in order of player and stat. */
    async listStats(
      { titleId, jobId }: MigrationJobKey,
      after: JobStatKey,
      limit: number,
    ): Promise<readonly JobStatKey[]> {
      const { rows } = await sql<JobStatKey>`
        select player_id as "playerId", code from migration_stat_undo
        where title_id = ${titleId} and job_id = ${jobId} and (player_id, code) > (${after.playerId}, ${after.code})
        order by player_id, code limit ${limit}`.execute(db)
      return rows
    },

    /**
     * Restores the values of stats that have not changed since the job wrote them, and detaches them from it. Returns their number. The
     * rows of the players' titles must be locked.
     */
    async restoreStats(job: MigrationJobKey, keys: readonly JobStatKey[], time: Instant): Promise<number> {
      const written = await sql<JobStatKey>`
        select k.player_id as "playerId", k.code from ${statTable(job, keys)}
        join stat_values v on v.player_id = u.player_id and v.title_id = u.title_id and v.code = u.code
        where v.value = u.written`.execute(db)
      const unchanged = statTable(job, written.rows)
      const isOf = sql`v.player_id = u.player_id and v.title_id = u.title_id and v.code = u.code`
      await sql`
        update stat_values v set value = u.former, update_time = ${time} from ${unchanged}
        where ${isOf} and u.former is not null`.execute(db)
      await sql`delete from stat_values v using ${unchanged} where ${isOf} and u.former is null`.execute(db)
      await sql`delete from migration_stat_undo v using ${unchanged} where ${isOf} and v.job_id = u.job_id`.execute(
        db,
      )
      return written.rows.length
    },

    /** Detaches progress from the job. */
    async detach({ jobId }: MigrationJobKey, keys: readonly ProgressKey[]): Promise<void> {
      if (keys.length === 0) return
      await sql`
        delete from migration_undo u using ${keyTable(keys)}
        where u.player_id = k.player_id and u.title_id = k.title_id and u.achievement_id = k.achievement_id and u.job_id = ${jobId}`.execute(
        db,
      )
      await sql`
        update progress p set migration_version = null from ${keyTable(keys)}
        where p.player_id = k.player_id and p.title_id = k.title_id and p.achievement_id = k.achievement_id`.execute(
        db,
      )
    },
  }
}

/** Returns values that a job wrote as a table `u`, by their keys `k`. */
function statTable({ titleId, jobId }: MigrationJobKey, keys: readonly JobStatKey[]): RawBuilder<unknown> {
  const of = (name: keyof JobStatKey) => keys.map((key) => key[name])
  return sql`unnest(${of('playerId')}::text[], ${of('code')}::text[]) as k (player_id, code)
    join migration_stat_undo u
      on u.player_id = k.player_id and u.title_id = ${titleId} and u.job_id = ${jobId} and u.code = k.code`
}
