import { type Kysely, sql } from 'kysely'
import type { StoredAchievement } from '../../model/achievement.ts'
import type { Instant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import type { ListPart } from '../../model/list-part.ts'
import type { Plan, PlanChange } from '../../model/plan.ts'
import { CONTENT_HASH } from '../achievements/conditions.ts'
import { definitionFromJson, definitionToJson } from '../achievements/definition.ts'
import { COLUMNS } from '../columns.ts'
import { jsonBatches } from '../json-batches.ts'
import type { Row, Tables } from '../schema.ts'
import { listWithinBytes } from '../within-bytes.ts'

export interface PlanKey {
  readonly titleId: string
  readonly planId: string
}

export interface PlanUnlocks {
  /** Unlocks by the back-fills of the plan so far. */
  readonly count: bigint
  readonly isRunning: boolean
}

const CHANGE_SIZE = sql`coalesce(pg_column_size("before"), 0) + coalesce(pg_column_size("after"), 0)`

export function planQueries(db: Kysely<Tables>) {
  const select = ({ titleId, planId }: PlanKey) =>
    db.selectFrom('plans').select(COLUMNS.plans).where('title_id', '=', titleId).where('id', '=', planId)
  const selectChanges = ({ titleId, planId }: PlanKey) =>
    db
      .selectFrom('plan_changes')
      .select(COLUMNS.plan_changes)
      .where('title_id', '=', titleId)
      .where('plan_id', '=', planId)

  return {
    /** @param bytes the size of the definitions of its changes */
    async insert(plan: Plan, bytes: number): Promise<void> {
      await db
        .insertInto('plans')
        .values({
          title_id: plan.titleId,
          id: plan.id,
          source: plan.source,
          source_id: plan.sourceId,
          stamp: plan.stamp,
          actor: plan.actor,
          create_time: plan.createTime,
          counts: sql<Row<'plans'>['counts']>`${JSON.stringify(plan.counts)}::jsonb`,
          kept_unlock_count: plan.keptUnlockCount,
          bytes,
        })
        .execute()
    },

    async insertChanges({ titleId, planId }: PlanKey, changes: readonly PlanChange[]): Promise<void> {
      const rows = changes.map(({ achievementId, before, after }) => ({
        achievement_id: achievementId,
        before: before === undefined ? null : recordToJson(before),
        after: after === undefined ? null : recordToJson(after),
      }))
      for (const batch of jsonBatches(rows)) {
        await sql`
          insert into plan_changes (title_id, plan_id, achievement_id, "before", "after")
          select ${titleId}, ${planId}, achievement_id, "before", "after"
          from jsonb_to_recordset(${batch}::jsonb) as r (achievement_id text, "before" jsonb, "after" jsonb)`.execute(
          db,
        )
      }
    },

    async find(key: PlanKey): Promise<Plan | undefined> {
      const row = await select(key).executeTakeFirst()
      return row && toPlan(row)
    },

    /** As `find`; locks the plan until the end of the transaction. */
    async lock(key: PlanKey): Promise<Plan | undefined> {
      const row = await select(key).forUpdate().executeTakeFirst()
      return row && toPlan(row)
    },

    /** Returns changes in order of achievement, after the given one, as many as fit in a message. */
    async listChanges(key: PlanKey, afterId: string, limit: number): Promise<ListPart<PlanChange>> {
      const query = selectChanges(key)
        .where('achievement_id', '>', afterId)
        .orderBy('achievement_id')
        .limit(limit)
      const { items, isCut } = await listWithinBytes(db, query, CHANGE_SIZE, sql`achievement_id`)
      return { items: items.map((row) => toChange(key.titleId, row)), isCut }
    },

    /** Marks a plan as applied, and stores the hashes of its achievements as they are now. */
    async markApplied({ titleId, planId }: PlanKey, time: Instant): Promise<void> {
      await db
        .updateTable('plans')
        .set({ apply_time: time })
        .where('title_id', '=', titleId)
        .where('id', '=', planId)
        .execute()
      await sql`
        update plan_changes c set applied_hash = ${CONTENT_HASH} from achievements a
        where c.title_id = ${titleId} and c.plan_id = ${planId}
          and a.title_id = c.title_id and a.id = c.achievement_id`.execute(db)
    },

    /** Returns the ids of achievements, at most `limit`, that are not as the applied plan left them. */
    async listChangedSince({ titleId, planId }: PlanKey, limit: number): Promise<readonly string[]> {
      const { rows } = await sql<{ achievement_id: string }>`
        select c.achievement_id from plan_changes c
        left join achievements a on a.title_id = c.title_id and a.id = c.achievement_id
        where c.title_id = ${titleId} and c.plan_id = ${planId}
          and (case when a.id is not null then ${CONTENT_HASH} end) is distinct from c.applied_hash
        order by c.achievement_id limit ${limit}`.execute(db)
      return rows.map((row) => row.achievement_id)
    },

    /** Returns the unlocks of the back-fills that the plan started, unless they were started again since. */
    async findUnlocks({ titleId, planId }: PlanKey, applyTime: Instant): Promise<PlanUnlocks> {
      const { rows } = await sql<{ count: bigint; is_running: boolean }>`
        select coalesce(sum(b.unlock_count), 0)::bigint as count, coalesce(bool_or(b.state = 'running'), false) as is_running
        from plan_changes c join backfills b on b.title_id = c.title_id and b.achievement_id = c.achievement_id
        where c.title_id = ${titleId} and c.plan_id = ${planId} and b.create_time = ${applyTime}`.execute(db)
      const [row] = rows
      return { count: row?.count ?? 0n, isRunning: row?.is_running ?? false }
    },

    /**
     * Deletes the oldest plans of a title beyond a number, and beyond a sum of bytes; never the newest. Applied plans are counted apart,
     * because the audit refers to them.
     */
    async deleteOldest(titleId: string, maxCount: number, maxBytes: number): Promise<void> {
      await sql`
        delete from plans p using (
          select id, row_number() over newest as number, sum(bytes) over newest as bytes from plans
          where title_id = ${titleId} window newest as (partition by apply_time is null order by create_time desc, id)
        ) r
        where p.title_id = ${titleId} and p.id = r.id
          and (r.number > ${maxCount} or r.number > 1 and r.bytes > ${maxBytes})`.execute(db)
    },

    async purgeBefore(time: Instant): Promise<void> {
      await db.deleteFrom('plans').where('create_time', '<', time).execute()
    },

    async deleteOfTitle(titleId: string): Promise<void> {
      await db.deleteFrom('plans').where('title_id', '=', titleId).execute()
    },
  }
}

function toPlan(row: Row<'plans'>): Plan {
  return {
    titleId: row.title_id,
    id: row.id,
    source: row.source,
    sourceId: row.source_id,
    stamp: row.stamp,
    actor: row.actor,
    createTime: row.create_time,
    applyTime: row.apply_time ?? undefined,
    counts: row.counts,
    keptUnlockCount: row.kept_unlock_count,
  }
}

function toChange(titleId: string, row: Row<'plan_changes'>): PlanChange {
  return {
    achievementId: row.achievement_id,
    before: row.before === null ? undefined : recordFromJson(titleId, row.before),
    after: row.after === null ? undefined : recordFromJson(titleId, row.after),
  }
}

/** Returns a whole record as JSON: the members with a column of their own in `achievements` beside the definition. */
function recordToJson(achievement: StoredAchievement): JsonObject {
  const { id, listOrder, lifecycle, hidden, tags, ids, createTime, updateTime, etag } = achievement
  return {
    columns: { id, listOrder, lifecycle, hidden, tags: [...tags], ids, etag },
    times: { createTime: String(createTime), updateTime: String(updateTime) },
    definition: definitionToJson(achievement),
  }
}

interface RecordJson {
  readonly columns: Pick<
    StoredAchievement,
    'id' | 'listOrder' | 'lifecycle' | 'hidden' | 'tags' | 'ids' | 'etag'
  >
  readonly times: { readonly createTime: string; readonly updateTime: string }
  readonly definition: JsonObject
}

function recordFromJson(titleId: string, json: JsonObject): StoredAchievement {
  const { columns, times, definition } = json as unknown as RecordJson
  return {
    ...definitionFromJson(definition),
    ...columns,
    titleId,
    createTime: BigInt(times.createTime),
    updateTime: BigInt(times.updateTime),
  }
}
