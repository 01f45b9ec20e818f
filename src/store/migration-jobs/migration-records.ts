import { type Kysely, sql } from 'kysely'
import type { ListPart } from '../../model/list-part.ts'
import type { MigrationConflict, MigrationJobKey, MigrationRefusal } from '../../model/migration-job.ts'
import { fixed, table } from '../fixed-statement.ts'
import type { Tables } from '../schema.ts'
import { listWithinBytes } from '../within-bytes.ts'

/** Names a refusal in the order of a list. */
export type RefusalPosition = Pick<MigrationRefusal, 'source' | 'position' | 'ordinal'>

/** The refused and the contradicting records of jobs, and their identity maps. */
export function migrationRecordQueries(db: Kysely<Tables>) {
  return {
    /** A refusal that is stored stays. */
    async insertRefusals(
      { titleId, jobId }: MigrationJobKey,
      refusals: readonly MigrationRefusal[],
    ): Promise<void> {
      if (refusals.length === 0) return
      await fixed`
        insert into migration_refusals (title_id, job_id, source, position, ordinal, record, reason)
        select ${titleId}::text, ${jobId}::text, source, position, ordinal, record, reason
        from ${table('r', {
          source: ['text', refusals.map(({ source }) => source)],
          position: ['bigint', refusals.map(({ position }) => position)],
          ordinal: ['integer', refusals.map(({ ordinal }) => ordinal)],
          record: ['text', refusals.map(({ record }) => record)],
          reason: ['text', refusals.map(({ reason }) => reason)],
        })}
        on conflict do nothing`.execute(db)
    },

    async listRefusals(
      { titleId, jobId }: MigrationJobKey,
      after: RefusalPosition,
      limit: number,
    ): Promise<ListPart<MigrationRefusal>> {
      const query = db
        .selectFrom('migration_refusals')
        .select(['source', 'position', 'ordinal', 'record', 'reason'])
        .where('title_id', '=', titleId)
        .where('job_id', '=', jobId)
        .where(
          sql<boolean>`(source, position, ordinal) > (${after.source}::text, ${after.position}::bigint, ${after.ordinal}::integer)`,
        )
        .orderBy('source')
        .orderBy('position')
        .orderBy('ordinal')
        .limit(limit)
      const order = sql`source, position, ordinal`
      return listWithinBytes(db, query, sql`octet_length(record) + octet_length(reason)`, order)
    },

    async insertConflicts(
      { titleId, jobId }: MigrationJobKey,
      conflicts: readonly MigrationConflict[],
    ): Promise<void> {
      if (conflicts.length === 0) return
      await fixed`
        insert into migration_conflicts (player_id, title_id, job_id, achievement_id, kind, theirs, ours)
        select player_id, ${titleId}::text, ${jobId}::text, achievement_id, kind, theirs, ours
        from ${table('r', {
          player_id: ['text', conflicts.map(({ playerId }) => playerId)],
          achievement_id: ['text', conflicts.map(({ achievementId }) => achievementId)],
          kind: ['text', conflicts.map(({ kind }) => kind)],
          theirs: ['text', conflicts.map(({ theirs }) => theirs)],
          ours: ['text', conflicts.map(({ ours }) => ours)],
        })}
        on conflict do nothing`.execute(db)
    },

    async listConflicts(
      { titleId, jobId }: MigrationJobKey,
      after: readonly [playerId: string, achievementId: string, kind: string],
      limit: number,
    ): Promise<readonly MigrationConflict[]> {
      return db
        .selectFrom('migration_conflicts')
        .select(['player_id as playerId', 'achievement_id as achievementId', 'kind', 'theirs', 'ours'])
        .where('title_id', '=', titleId)
        .where('job_id', '=', jobId)
        .where(
          sql<boolean>`(player_id, achievement_id, kind) > (${sql.join(after.map((text) => sql`${text}::text`))})`,
        )
        .orderBy('player_id')
        .orderBy('achievement_id')
        .orderBy('kind')
        .limit(limit)
        .execute()
    },

    /** Adds to the identity map of a job; the last player of an id counts. Ids must be distinct. */
    async upsertIdentities(
      { titleId, jobId }: MigrationJobKey,
      identities: ReadonlyMap<string, string>,
    ): Promise<void> {
      await fixed`
        insert into migration_identities (title_id, job_id, id, player_id)
        select ${titleId}::text, ${jobId}::text, id, player_id
        from ${table('r', {
          id: ['text', [...identities.keys()]],
          player_id: ['text', [...identities.values()]],
        })}
        on conflict (title_id, job_id, id) do update set player_id = excluded.player_id`.execute(db)
    },
  }
}
