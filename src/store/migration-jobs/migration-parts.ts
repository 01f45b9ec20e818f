import { finished } from 'node:stream/promises'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Instant } from '../../model/instant.ts'
import type { MigrationJobKey } from '../../model/migration-job.ts'
import type { Account } from '../../model/player.ts'
import type { PlayerTitleKey, ProgressKey } from '../../model/progress.ts'
import type { StatValue } from '../../model/stat.ts'
import type { Sharding } from '../citus/sharding.ts'
import { idTable } from '../id-table.ts'
import { FIRST_VERSION } from '../progress/progress-rows.ts'
import type { Tables } from '../schema.ts'
import { keyedRows, keyTable } from './key-table.ts'
import { compared, FACTS, hashOf, list, STAGED } from './staged-columns.ts'
import { type StagedProgress, stagedText } from './staged-progress.ts'

export interface StagedKey {
  readonly ordinal: number
  readonly playerId: string
}

export interface StagedComparison {
  readonly buckets: readonly ComparedBucket[]
  /** The rows that do not equal the stored progress. */
  readonly others: readonly (StagedKey & { readonly isStored: boolean })[]
}

/** The rows of the players whose ids have a digest that begins with the same byte. Hashes are of 64 bits, as decimal text. */
export interface ComparedBucket {
  readonly bucket: number
  readonly recordCount: number
  readonly recordHash: string
  readonly storedCount: number
  readonly storedHash: string
}

/** A row whose progress exists. */
export interface ExistingRow extends StagedKey {
  /** Whether it equals the stored progress. */
  readonly isSame: boolean
}

const COPY = `copy staged_progress from stdin`

/** The steps of the transaction that writes a part of a job's input: staged with COPY, then merged by one statement for each step. */
export function migrationPartQueries(db: Kysely<Tables>, client: pg.ClientBase, sharding: Sharding) {
  return {
    /** Returns the version that the part gives to its rows. It is above all that they had before: see `FIRST_VERSION`. */
    async insert({ titleId, jobId }: MigrationJobKey, time: Instant): Promise<bigint> {
      const { rows } = await sql<{ version: bigint }>`
        insert into migration_parts (version, title_id, job_id, time)
        select ${sql.raw(FIRST_VERSION.fragment)}, ${titleId}, ${jobId}, ${time} returning version`.execute(
        db,
      )
      return (rows[0] as { version: bigint }).version
    },

    /** Returns the etags of definitions, and takes key-share locks: changes and deletions wait. */
    async lockDefinitions(titleId: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
      if (ids.length === 0) return new Map()
      const { rows } = await sql<{ id: string; revision: bigint }>`
        select a.id, a.revision from achievements a join ${idTable(ids)} as requested on requested.id = a.id
        where a.title_id = ${titleId} order by a.id for key share of a`.execute(db)
      return new Map(rows.map(({ id, revision }) => [id, String(revision)]))
    },

    /** Stages rows until the end of the transaction. */
    async stage(rows: readonly StagedProgress[]): Promise<void> {
      await client.query(`create temporary table staged_progress (${STAGED}) on commit drop`)
      const copy = client.query(copyFrom(COPY))
      copy.end(stagedText(rows))
      await finished(copy)
    },

    /** Names the players of staged accounts. Returns the accounts of new players, who are named by `named`. */
    async resolveAccounts(named: (account: Account) => string): Promise<ReadonlyMap<string, Account>> {
      const [ctes, table] = sharding.isDistributed ? [STAGED_KEYS, 'staged_keys'] : [sql``, 'accounts']
      await sql`${ctes}
        update staged_progress s set player_id = a.player_id from ${sql.table(table)} a
        where s.account_id is not null and a.id = s.account_id and a.dialect = s.dialect`.execute(db)
      const { rows } = await sql<Account>`
        select distinct dialect, account_id as id from staged_progress
        where account_id is not null and player_id is null order by dialect, account_id`.execute(db)
      if (rows.length === 0) return new Map()
      const players = new Map(rows.map((account) => [named(account), account]))
      const accounts = [...players.values()]
      await sql`
        update staged_progress s set player_id = n.player_id
        from unnest(${[...players.keys()]}::text[], ${accounts.map(({ dialect }) => dialect)}::text[],
          ${accounts.map(({ id }) => id)}::text[]) as n (player_id, dialect, account_id)
        where s.account_id = n.account_id and s.dialect = n.dialect and s.player_id is null`.execute(db)
      return players
    },

    /** Names the players of staged ids by the job's identity map. Removes the rows that it lacks, and returns their ordinals. */
    async resolveIdentities({ titleId, jobId }: MigrationJobKey): Promise<readonly number[]> {
      await sql`
        update staged_progress s set player_id = i.player_id from migration_identities i
        where s.identity is not null and i.title_id = ${titleId} and i.job_id = ${jobId} and i.id = s.identity`.execute(
        db,
      )
      const { rows } = await sql<{ ordinal: number }>`
        delete from staged_progress where identity is not null and player_id is null returning ordinal`.execute(
        db,
      )
      return rows.map(({ ordinal }) => ordinal)
    },

    /** Names the surviving player of each merged one. Returns the number of rows. */
    async followMerges(): Promise<number> {
      const { numAffectedRows = 0n } = await sql`
        update staged_progress s set player_id = a.player_id from player_aliases a where a.id = s.player_id`.execute(
        db,
      )
      return Number(numAffectedRows)
    },

    listPlayers,

    /** Removes the rows of players, and returns them. */
    async removeOfPlayers(playerIds: readonly string[]): Promise<readonly StagedKey[]> {
      const { rows } = await sql<StagedKey>`
        delete from staged_progress where player_id = any(${[...playerIds]}::text[])
        returning ordinal, player_id as "playerId"`.execute(db)
      return rows
    },

    /**
     * Removes the rows whose progress exists, of these players, and returns them. Looked up by key: a join would read all progress, until
     * its statistics are updated.
     */
    async removeExisting(titleId: string, playerIds: readonly string[]): Promise<readonly ExistingRow[]> {
      if (playerIds.length === 0) return []
      const existing = sharding.isDistributed
        ? sql`${storedRows(titleId, playerIds)}, existing as materialized (
          select s.ordinal, (${compared('p')}) is not distinct from (${compared('s')}) as is_same
          from stored p join staged_progress s on s.player_id = p.player_id and s.achievement_id = p.achievement_id
        )`
        : sql`with existing as materialized (
          select s.ordinal, p.is_same
          from (select distinct id from unnest(${[...playerIds]}::text[]) as list (id)) k
          join staged_progress s on s.player_id = k.id
          cross join lateral (
            select (${compared('p')}) is not distinct from (${compared('s')}) as is_same from progress p
            where p.player_id = s.player_id and p.title_id = ${titleId} and p.achievement_id = s.achievement_id offset 0
          ) p
        )`
      const { rows } = await sql<ExistingRow>`${existing}
        delete from staged_progress s using existing e where e.ordinal = s.ordinal
        returning s.ordinal, s.player_id as "playerId", e.is_same as "isSame"`.execute(db)
      return rows
    },

    /** Compares the staged rows with the stored progress. */
    async compareStaged(titleId: string): Promise<StagedComparison> {
      const isSame = sql`(${compared('p')}) is not distinct from (${compared('s')})`
      const [ctes, stored] = sharding.isDistributed
        ? [
            sql`${storedRows(titleId, await listPlayers())},`,
            sql`select ${isSame} as is_same, stored_hash from stored p
            where p.player_id = s.player_id and p.achievement_id = s.achievement_id`,
          ]
        : [
            sql`with`,
            sql`select ${isSame} as is_same, ${hashOf('p')} as stored_hash
            from progress p
            where p.player_id = s.player_id and p.title_id = ${titleId} and p.achievement_id = s.achievement_id offset 0`,
          ]
      const compareRows = sql`${ctes} compared as materialized (
          select s.ordinal, s.player_id, p.stored_hash is not null as is_stored, coalesce(p.is_same, false) as is_same,
            get_byte(sha256(convert_to(s.player_id, 'UTF8')), 0) as bucket, ${hashOf('s')} as record_hash, p.stored_hash
          from staged_progress s left join lateral (${stored}) p on true
        )`
      const { rows } = await sql<{ result: string }>`${compareRows}
        select json_build_object(
          'buckets', (select coalesce(json_agg(b), '[]') from (
            select bucket, count(*) as "recordCount", bit_xor(record_hash)::text as "recordHash",
              count(stored_hash) as "storedCount", coalesce(bit_xor(stored_hash), 0)::text as "storedHash"
            from compared group by bucket) b),
          'others', (select coalesce(json_agg(o order by ordinal), '[]') from (
            select ordinal, player_id as "playerId", is_stored as "isStored" from compared where not is_same) o)
        )::text as result`.execute(db)
      return JSON.parse(rows[0]?.result ?? '') as StagedComparison
    },

    /** Removes the rows that are staged as alone, and returns them. */
    async removeAlone(): Promise<readonly StagedKey[]> {
      const { rows } = await sql<StagedKey>`
        delete from staged_progress where is_alone returning ordinal, player_id as "playerId"`.execute(db)
      return rows
    },

    /** Removes the rows that repeat an earlier one, and returns them. */
    async removeRepeated(): Promise<readonly StagedKey[]> {
      const { rows } = await sql<StagedKey>`
        delete from staged_progress s using (
          select ordinal, row_number() over (partition by player_id, achievement_id order by ordinal) as repetition
          from staged_progress
        ) r
        where r.ordinal = s.ordinal and r.repetition > 1 returning s.ordinal, s.player_id as "playerId"`.execute(
        db,
      )
      return rows
    },

    /** Inserts the staged rows as new progress, and adds them to the totals. The titles of the players must be locked. */
    async insertStaged(titleId: string, version: bigint): Promise<number> {
      const { numAffectedRows = 0n } = await sql`
        insert into progress (player_id, title_id, achievement_id, ${sql.raw(FACTS.join(', '))}, version, migration_version)
        select player_id, ${titleId}, achievement_id, ${list('s')}, ${version}::bigint, ${version}::bigint
        from staged_progress s order by player_id, achievement_id`.execute(db)
      await sql`
        update player_titles t set unlocked_count = t.unlocked_count + s.unlocked_count, score = t.score + s.score,
          last_unlock_time = greatest(t.last_unlock_time, s.last_unlock_time)
        from (
          select player_id, count(*) as unlocked_count, sum(score) as score, max(unlock_time) as last_unlock_time
          from staged_progress where state = 'achieved' and not revoked group by player_id
        ) s
        where t.player_id = s.player_id and t.title_id = ${titleId}`.execute(db)
      return Number(numAffectedRows)
    },

    /** Returns the unlocks among the staged rows by achievement. */
    async countUnlocks(): Promise<ReadonlyMap<string, number>> {
      const { rows } = await sql<{ achievement_id: string; count: number }>`
        select achievement_id, count(*)::integer as count from staged_progress
        where state = 'achieved' and not revoked group by achievement_id`.execute(db)
      return new Map(rows.map((row) => [row.achievement_id, row.count]))
    },

    /** Stores progress as it is before the job changes it: for the first time, or again after another change. */
    async storeFormer({ jobId }: MigrationJobKey, keys: readonly ProgressKey[]): Promise<void> {
      const columns = sql.raw(['former_job_id', ...FACTS].join(', '))
      const values = sql.raw(['former_job_id', ...FACTS].map((name) => `excluded.${name}`).join(', '))
      const { ctes, of } = keyedRows(sharding, keys, ['progress'])
      await sql`
        insert into migration_undo (player_id, title_id, job_id, achievement_id, ${columns}) ${ctes}
        select p.player_id, p.title_id, ${jobId}, p.achievement_id, m.job_id, ${list('p')} from ${of('progress')} p
        join ${keyTable(keys)} on p.player_id = k.player_id and p.title_id = k.title_id and p.achievement_id = k.achievement_id
        left join migration_parts m on m.version = p.version and m.version = p.migration_version and m.title_id = p.title_id
        where m.job_id is distinct from ${jobId}
        on conflict (player_id, title_id, job_id, achievement_id) do update set (${columns}) = row (${values})`.execute(
        db,
      )
    },

    /** Stores the values of stats as they are before the job first changes them, and the values that it is about to write. */
    async storeFormerStats(
      { jobId }: MigrationJobKey,
      values: readonly (PlayerTitleKey & Pick<StatValue, 'code' | 'value'>)[],
    ): Promise<void> {
      const of = <Name extends 'playerId' | 'titleId' | 'code' | 'value'>(name: Name) =>
        values.map((value) => value[name])
      await sql`
        insert into migration_stat_undo (player_id, title_id, job_id, code, former, written)
        select k.player_id, k.title_id, ${jobId}, k.code, v.value, k.value
        from unnest(${of('playerId')}::text[], ${of('titleId')}::text[], ${of('code')}::text[], ${of('value')}::double precision[])
          as k (player_id, title_id, code, value)
        left join stat_values v on v.player_id = k.player_id and v.title_id = k.title_id and v.code = k.code
        on conflict (player_id, title_id, job_id, code) do update set written = excluded.written,
          former = case when migration_stat_undo.written is not distinct from excluded.former
            then migration_stat_undo.former else excluded.former end`.execute(db)
    },

    /** Gives rows that were just written the version of the part. */
    async setVersion(version: bigint, keys: readonly ProgressKey[]): Promise<void> {
      await sql`
        update progress p set version = ${version}::bigint, migration_version = ${version}::bigint from ${keyTable(keys)}
        where p.player_id = k.player_id and p.title_id = k.title_id and p.achievement_id = k.achievement_id`.execute(
        db,
      )
    },

    /** Makes cached pages of the title's progress stale. To be called last: other parts of the title wait. */
    async touchTitle(titleId: string): Promise<void> {
      await sql`
        insert into title_imports (title_id, part_count) values (${titleId}, 1)
        on conflict (title_id) do update set part_count = title_imports.part_count + 1`.execute(db)
    },
  }

  async function listPlayers(): Promise<readonly string[]> {
    const { rows } = await sql<{ player_id: string }>`
      select distinct player_id from staged_progress order by player_id`.execute(db)
    return rows.map((row) => row.player_id)
  }
}

/** The players of staged accounts on a cluster, which would else read all accounts. */
const STAGED_KEYS = sql`with staged_keys as materialized (
  select id, dialect, player_id from account_keys where id in (select account_id from staged_progress))`

/** Returns the stored progress of players as a CTE. Citus joins the rows of nodes with the staged ones of the coordinator only then. */
function storedRows(titleId: string, playerIds: readonly string[]): RawBuilder<unknown> {
  return sql`with stored as materialized (
    select p.player_id, p.achievement_id, ${compared('p')}, ${hashOf('p')} as stored_hash from progress p
    where p.title_id = ${titleId} and p.player_id = any(${[...playerIds]}::text[]))`
}
