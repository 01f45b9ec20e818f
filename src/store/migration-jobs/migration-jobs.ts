import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import {
  type LazySource,
  lazySourceName,
  type MigrationCounts,
  type MigrationJob,
  type MigrationJobKey,
  type MigrationSource,
  type MigrationState,
} from '../../model/migration-job.ts'
import type { MigrationMapping } from '../../model/migration-mapping.ts'
import { COLUMNS } from '../columns.ts'
import type { Row, Tables } from '../schema.ts'

/** The sources that a job is returned with. */
const MAX_LISTED_SOURCES = 1_000

/** Most of these tables have no foreign key to jobs, because their rows are where those of their players are. */
const TABLES_OF_PLAYERS = [
  'migration_conflicts',
  'migration_undo',
  'migration_stat_undo',
  'migration_pulls',
  'migration_identities',
] as const

/** With the table that outlives jobs. */
const ALL_TABLES_OF_PLAYERS = [...TABLES_OF_PLAYERS, 'migration_resets'] as const

/** The change of a job by one part. */
export interface MigrationProgress {
  readonly counts: MigrationCounts
  readonly state: MigrationState
  readonly pauseReason: string
  readonly time: Instant
  /** Of the records of the part. */
  readonly latestUpdateTime?: Instant | undefined
}

export function migrationJobQueries(db: Kysely<Tables>) {
  const select = ({ titleId, jobId }: MigrationJobKey) =>
    db
      .selectFrom('migration_jobs')
      .select(COLUMNS.migration_jobs)
      .where('title_id', '=', titleId)
      .where('id', '=', jobId)
  const selectSources = ({ titleId, jobId }: MigrationJobKey) =>
    db
      .selectFrom('migration_sources')
      .select(COLUMNS.migration_sources)
      .where('title_id', '=', titleId)
      .where('job_id', '=', jobId)

  // The job's row first: a claim of a player waits for it, so that none is left behind.
  const deleteJob = async ({ titleId, jobId }: MigrationJobKey): Promise<void> => {
    await db.deleteFrom('migration_jobs').where('title_id', '=', titleId).where('id', '=', jobId).execute()
    for (const table of TABLES_OF_PLAYERS)
      await db.deleteFrom(table).where('title_id', '=', titleId).where('job_id', '=', jobId).execute()
  }

  return {
    /** Returns false if there is a job of this id. */
    async insert(job: MigrationJob): Promise<boolean> {
      const row = await db
        .insertInto('migration_jobs')
        .values({
          title_id: job.titleId,
          id: job.jobId,
          mapping: sql<JsonObject>`${JSON.stringify(job.mapping)}::jsonb`,
          deliveries_per_second: job.deliveriesPerSecond,
          max_refusals: job.maxRefusals,
          state: job.state,
          overlap: job.overlap,
          lazy_source: lazyJson(job.lazySource),
          actor: job.actor,
          create_time: job.createTime,
          update_time: job.updateTime,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },

    async find(key: MigrationJobKey): Promise<MigrationJob | undefined> {
      const row = await select(key).executeTakeFirst()
      return row && toJob(row)
    },

    /** As `find`; locks the job until the end of the transaction. */
    async lock(key: MigrationJobKey): Promise<MigrationJob | undefined> {
      const row = await select(key).forNoKeyUpdate().executeTakeFirst()
      return row && toJob(row)
    },

    /** As `find`; a deletion of the job waits for the end of the transaction. */
    async lockShared(key: MigrationJobKey): Promise<MigrationJob | undefined> {
      const row = await select(key).forKeyShare().executeTakeFirst()
      return row && toJob(row)
    },

    /** Returns jobs of a title after an id, in order of id. */
    async list(titleId: string, afterId: string, limit: number): Promise<readonly MigrationJob[]> {
      const rows = await db
        .selectFrom('migration_jobs')
        .select(COLUMNS.migration_jobs)
        .where('title_id', '=', titleId)
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(toJob)
    },

    /** Returns the running jobs with a lazy source, in order of title and id. */
    async listLazy(): Promise<readonly MigrationJob[]> {
      const rows = await db
        .selectFrom('migration_jobs')
        .select(COLUMNS.migration_jobs)
        .where('state', '=', 'running')
        .where('lazy_source', 'is not', null)
        .orderBy('title_id')
        .orderBy('id')
        .execute()
      return rows.map(toJob)
    },

    /** Returns the number of running jobs that were changed since a time: a part changes its job. */
    async countWriting(since: Instant): Promise<number> {
      const row = await db
        .selectFrom('migration_jobs')
        .where('state', '=', 'running')
        .where('update_time', '>=', since)
        .select(({ fn }) => fn.countAll<bigint>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },

    /** Adds the counts of a part, and sets the state. */
    async advance(
      { titleId, jobId }: MigrationJobKey,
      { counts, state, pauseReason, time, latestUpdateTime }: MigrationProgress,
    ): Promise<MigrationJob> {
      const row = await db
        .updateTable('migration_jobs')
        .set((job) => ({
          state,
          pause_reason: pauseReason,
          update_time: time,
          record_count: job('record_count', '+', counts.records),
          new_count: job('new_count', '+', counts.new),
          changed_count: job('changed_count', '+', counts.changed),
          unchanged_count: job('unchanged_count', '+', counts.unchanged),
          skipped_count: job('skipped_count', '+', counts.skipped),
          refused_count: job('refused_count', '+', counts.refused),
          conflict_count: job('conflict_count', '+', counts.conflicts),
          older_count: job('older_count', '+', counts.older),
          part_count: job('part_count', '+', counts.parts),
          latest_update_time: sql`greatest(${sql.ref('latest_update_time')}, ${latestUpdateTime ?? null}::bigint)`,
        }))
        .where('title_id', '=', titleId)
        .where('id', '=', jobId)
        .returning(COLUMNS.migration_jobs)
        .executeTakeFirstOrThrow()
      return toJob(row)
    },

    /** Ends a run: the next one skips what this one has read. The job must be locked. */
    async endRun({ titleId, jobId }: MigrationJobKey): Promise<void> {
      await db
        .updateTable('migration_jobs')
        .set((job) => ({ run_count: job('run_count', '+', 1), watermark: job.ref('latest_update_time') }))
        .where('title_id', '=', titleId)
        .where('id', '=', jobId)
        .execute()
    },

    /** Deletes a job with all that belongs to it. */
    delete: deleteJob,

    /** Deletes jobs that have ended, and were last changed before a time: they cannot be taken back any more. */
    async purgeEndedBefore(time: Instant): Promise<void> {
      const ended = db
        .selectFrom('migration_jobs')
        .select(['title_id as titleId', 'id as jobId'])
        .where('state', 'not in', ['running', 'paused'])
        .where('update_time', '<', time)
      for (const key of await ended.execute()) await deleteJob(key)
    },

    /** Deletes the jobs of a title: jobs of a later title of the same id start from nothing. */
    async deleteOfTitle(titleId: string): Promise<void> {
      await db.deleteFrom('migration_jobs').where('title_id', '=', titleId).execute()
      for (const table of ALL_TABLES_OF_PLAYERS)
        await db.deleteFrom(table).where('title_id', '=', titleId).execute()
    },

    /** Deletes the rows of deleted players, and the refused records of their own documents. */
    async deleteOfPlayers(playerIds: readonly string[]): Promise<void> {
      await sql`
        delete from migration_refusals
        where (title_id, job_id) in (select title_id, id from migration_jobs where lazy_source is not null)
          and source = any(${playerIds.map(lazySourceName)}::text[])`.execute(db)
      for (const table of ALL_TABLES_OF_PLAYERS)
        await db
          .deleteFrom(table)
          .where('player_id', '=', sql<string>`any(${[...playerIds]}::text[])`)
          .execute()
    },

    /** Returns the first sources by name, or those of one name. */
    async listSources(key: MigrationJobKey, name?: string): Promise<readonly MigrationSource[]> {
      const found = name === undefined ? selectSources(key) : selectSources(key).where('name', '=', name)
      return (await found.orderBy('name').limit(MAX_LISTED_SOURCES).execute()).map(toSource)
    },

    async findUnfinishedSource(key: MigrationJobKey): Promise<string | undefined> {
      const row = await selectSources(key).where('done', '=', false).orderBy('name').executeTakeFirst()
      return row?.name
    },

    /** Returns a source, and inserts it if it is new. The job must be locked where its position counts. */
    async findSource({ titleId, jobId }: MigrationJobKey, name: string): Promise<MigrationSource> {
      await db
        .insertInto('migration_sources')
        .values({ title_id: titleId, job_id: jobId, name })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return toSource(
        await selectSources({ titleId, jobId }).where('name', '=', name).executeTakeFirstOrThrow(),
      )
    },

    async updateSource(
      { titleId, jobId }: MigrationJobKey,
      { name, position, header, recordCount, done }: MigrationSource,
    ): Promise<void> {
      await db
        .updateTable('migration_sources')
        .set({ position, header, record_count: recordCount, done })
        .where('title_id', '=', titleId)
        .where('job_id', '=', jobId)
        .where('name', '=', name)
        .execute()
    },
  }
}

function lazyJson(source: LazySource | undefined): RawBuilder<JsonObject> | null {
  return source === undefined
    ? null
    : sql<JsonObject>`${JSON.stringify({ ...source, timeout: String(source.timeout) })}::jsonb`
}

function toLazySource(json: JsonObject | null): LazySource | undefined {
  if (json === null) return undefined
  const { url, credential, timeout } = json as Readonly<Record<keyof LazySource, string>>
  return { url, credential, timeout: BigInt(timeout) }
}

function toJob(row: Row<'migration_jobs'>): MigrationJob {
  return {
    titleId: row.title_id,
    jobId: row.id,
    mapping: row.mapping as unknown as MigrationMapping,
    deliveriesPerSecond: row.deliveries_per_second,
    maxRefusals: row.max_refusals,
    lazySource: toLazySource(row.lazy_source),
    state: row.state,
    pauseReason: row.pause_reason,
    counts: {
      records: row.record_count,
      new: row.new_count,
      changed: row.changed_count,
      unchanged: row.unchanged_count,
      skipped: row.skipped_count,
      older: row.older_count,
      refused: row.refused_count,
      conflicts: row.conflict_count,
      parts: row.part_count,
    },
    runCount: row.run_count,
    watermark: row.watermark ?? undefined,
    overlap: row.overlap,
    actor: row.actor,
    createTime: row.create_time,
    updateTime: row.update_time,
  }
}

function toSource(row: Row<'migration_sources'>): MigrationSource {
  const { name, position, header, record_count: recordCount, done } = row
  return { name, position, header, recordCount, done }
}
