import { type Kysely, sql } from 'kysely'
import type { MigrationJobKey } from '../../model/migration-job.ts'
import type { Progress, ProgressKey } from '../../model/progress.ts'
import { progressFromRow } from '../progress/progress-rows.ts'
import type { Row, Tables } from '../schema.ts'
import { keyTable } from './key-table.ts'

/** A key within a title, in the order of a rollback. */
export type JobProgressKey = Pick<ProgressKey, 'achievementId' | 'playerId'>

/** The progress before the job; undefined for a row that the job inserted. */
export interface FormerProgress {
  readonly progress: Progress | undefined
}

export function migrationRollbackQueries(db: Kysely<Tables>) {
  return {
    /** Returns the next progress of a title that a job wrote last but for reports, in order of achievement and player. */
    async list(
      { titleId, jobId }: MigrationJobKey,
      after: JobProgressKey,
      limit: number,
    ): Promise<readonly JobProgressKey[]> {
      const { rows } = await sql<JobProgressKey>`
        select p.achievement_id as "achievementId", p.player_id as "playerId" from progress p
        where p.title_id = ${titleId} and p.migration_version is not null
          and (p.achievement_id, p.player_id) > (${after.achievementId}, ${after.playerId})
          and exists (
            select from migration_parts m
            where m.version = p.migration_version and m.job_id = ${jobId} and m.title_id = p.title_id)
        order by p.achievement_id, p.player_id limit ${limit}`.execute(db)
      return rows
    },

    /** Returns the progress before the job for each key, undefined where it has changed since. The rows must be locked. */
    async findFormer(
      { jobId }: MigrationJobKey,
      keys: readonly ProgressKey[],
    ): Promise<readonly (FormerProgress | undefined)[]> {
      if (keys.length === 0) return []
      const { rows } = await sql<Row<'progress'> & { is_unchanged: boolean; has_former: boolean }>`
        select u.*, p.migration_version is not null and p.version = p.migration_version as is_unchanged,
          u.player_id is not null as has_former
        from ${keyTable(keys)}
        left join progress p
          on p.player_id = k.player_id and p.title_id = k.title_id and p.achievement_id = k.achievement_id
        left join migration_undo u
          on u.player_id = k.player_id and u.title_id = k.title_id and u.achievement_id = k.achievement_id and u.job_id = ${jobId}
        order by k.ordinal`.execute(db)
      return rows.map((row) => {
        if (!row.is_unchanged) return undefined
        return { progress: row.has_former ? progressFromRow(row).progress : undefined }
      })
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
