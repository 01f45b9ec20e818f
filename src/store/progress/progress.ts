import { type Kysely, sql } from 'kysely'
import type { Event } from '../../model/event.ts'
import { formatJson } from '../../model/exact-json.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Progress, ProgressState } from '../../model/progress.ts'
import { quantityFromJson, quantityToJson } from '../achievements/definition.ts'
import type { Row, Tables } from '../schema.ts'
import type { PlayerTitleKey } from './player-titles.ts'
import { type ProgressColumns, progressColumns, progressFromColumns } from './progress-columns.ts'

export interface ProgressKey extends PlayerTitleKey {
  readonly achievementId: string
}

export interface ProgressRecord extends ProgressKey {
  readonly progress: Progress
}

/** One change of progress, to be kept as an event. */
export interface ProgressEvent
  extends ProgressRecord,
    Pick<Event, 'kind' | 'time' | 'actor' | 'reason' | 'requestId'> {}

export interface PlayerAchievement {
  /** The achievement, as it is at this etag. */
  readonly id: string
  readonly etag: string
  readonly listOrder: number
  /** Undefined when nothing was ever reported. */
  readonly progress: Progress | undefined
}

type PlayerAchievementRow = readonly [id: string, etag: string, listOrder: number, ...ProgressColumns]

export interface PlayerAchievementFilter extends PlayerTitleKey {
  /** Empty for all. */
  readonly states: readonly ProgressState[]
  readonly after: { readonly key: bigint; readonly id: string } | undefined
  readonly limit: number
}

export function progressQueries(db: Kysely<Tables>) {
  return {
    async listAt(keys: readonly ProgressKey[]): Promise<readonly ProgressRecord[]> {
      const { rows } = await sql<Row<'progress'>>`
        select p.* from progress p
        join unnest(${keys.map(({ playerId }) => playerId)}::text[], ${keys.map(({ titleId }) => titleId)}::text[],
                    ${keys.map(({ achievementId }) => achievementId)}::text[])
          as wanted (player_id, title_id, achievement_id)
          on p.player_id = wanted.player_id and p.title_id = wanted.title_id
          and p.achievement_id = wanted.achievement_id`.execute(db)
      return rows.map(toRecord)
    },

    /** All that a player has in a title. */
    async listOfPlayerTitle({ playerId, titleId }: PlayerTitleKey): Promise<readonly ProgressRecord[]> {
      const rows = await db
        .selectFrom('progress')
        .selectAll()
        .where('player_id', '=', playerId)
        .where('title_id', '=', titleId)
        .execute()
      return rows.map(toRecord)
    },

    /** A title's achievements with the player's standing on each, in list order. What they are is asked elsewhere. */
    async listWithAchievements(filter: PlayerAchievementFilter): Promise<readonly PlayerAchievement[]> {
      const { playerId, titleId, states, after, limit } = filter
      const { rows } = await sql<{ found: string }>`
        select coalesce(json_agg(json_build_array(p.id, p.revision::text, p.list_order, ${progressColumns})
            order by p.list_order, p.id), '[]')::text as found
        from (
          select a.id, a.revision, a.list_order, p.*
          from (select id, revision, list_order from achievements where title_id = ${titleId}) a
          left join (
            select achievement_id, state, values, reported_percent, percent, unlock_time, unlock_precision,
              first_report_time, last_report_time, revoked, writer, extensions
            from progress where player_id = ${playerId} and title_id = ${titleId}
          ) p on p.achievement_id = a.id
          where (cardinality(${[...states]}::text[]) = 0
              or coalesce(p.state, 'not_started') = any(${[...states]}::text[]))
            and (${after === undefined}::boolean
              or (a.list_order, a.id) > (${after?.key ?? 0n}::bigint, ${after?.id ?? ''}::text))
          order by a.list_order, a.id
          limit ${limit}::integer
        ) p`.execute(db)
      const found = JSON.parse(rows[0]?.found ?? '[]') as PlayerAchievementRow[]
      return found.map(([id, etag, listOrder, ...columns]) => ({
        id,
        etag,
        listOrder,
        progress: progressFromColumns(columns),
      }))
    },

    async upsert(records: readonly ProgressRecord[]): Promise<void> {
      const rows = formatJson(records.map(toRow))
      await sql`
        insert into progress (player_id, title_id, achievement_id, state, values, reported_percent, percent,
          unlock_time, unlock_precision, first_report_time, last_report_time, revoked, writer, extensions)
        select * from jsonb_to_recordset(${rows}::jsonb) as r (player_id text, title_id text, achievement_id text,
          state text, values jsonb, reported_percent smallint, percent smallint, unlock_time bigint,
          unlock_precision text, first_report_time bigint, last_report_time bigint, revoked boolean, writer text,
          extensions jsonb)
        order by player_id, title_id, achievement_id
        on conflict (player_id, title_id, achievement_id) do update set
          state = excluded.state, values = excluded.values, reported_percent = excluded.reported_percent,
          percent = excluded.percent, unlock_time = excluded.unlock_time,
          unlock_precision = excluded.unlock_precision, first_report_time = excluded.first_report_time,
          last_report_time = excluded.last_report_time, revoked = excluded.revoked, writer = excluded.writer,
          extensions = excluded.extensions`.execute(db)
    },

    async delete(keys: readonly ProgressKey[]): Promise<void> {
      await sql`
        delete from progress p
        using unnest(${keys.map(({ playerId }) => playerId)}::text[], ${keys.map(({ titleId }) => titleId)}::text[],
                     ${keys.map(({ achievementId }) => achievementId)}::text[])
          as gone (player_id, title_id, achievement_id)
        where p.player_id = gone.player_id and p.title_id = gone.title_id
          and p.achievement_id = gone.achievement_id`.execute(db)
    },

    /** How many players have each achievement of a title; one that nobody has is absent. Reads all of its progress. */
    async countUnlocks(titleId: string): Promise<ReadonlyMap<string, number>> {
      const rows = await db
        .selectFrom('progress')
        .where('title_id', '=', titleId)
        .where('state', '=', 'achieved')
        .where('revoked', '=', false)
        .groupBy('achievement_id')
        .select(({ fn }) => ['achievement_id', fn.countAll<bigint>().as('count')])
        .execute()
      return new Map(rows.map((row) => [row.achievement_id, Number(row.count)]))
    },

    async existsForAchievement(titleId: string, achievementId: string): Promise<boolean> {
      const row = await db
        .selectFrom('progress')
        .where('title_id', '=', titleId)
        .where('achievement_id', '=', achievementId)
        .select('player_id')
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /**
     * Erases what all players have of one achievement, tells it, and takes it out of their totals. The sheets must be
     * locked.
     */
    async deleteOfAchievement(
      titleId: string,
      achievementId: string,
      score: bigint,
      told: Pick<ProgressEvent, 'time' | 'actor' | 'requestId'>,
    ): Promise<void> {
      await sql`
        insert into events (player_id, title_id, achievement_id, kind, time, state, percent, unlock_time, actor,
          reason, request_id)
        select player_id, title_id, achievement_id, 'reset', ${told.time}::bigint, 'not_started', 0, null,
          ${told.actor}::text, '', ${told.requestId}::text
        from progress where title_id = ${titleId} and achievement_id = ${achievementId}
        order by player_id`.execute(db)
      await sql`
        update player_titles s set unlocked_count = s.unlocked_count - 1, score = s.score - ${score}::bigint,
          last_unlock_time = (
            select max(other.unlock_time) from progress other
            where other.player_id = s.player_id and other.title_id = s.title_id and not other.revoked
              and other.achievement_id <> ${achievementId})
        from progress p
        where p.title_id = ${titleId} and p.achievement_id = ${achievementId}
          and p.state = 'achieved' and not p.revoked
          and s.player_id = p.player_id and s.title_id = p.title_id`.execute(db)
      await db
        .deleteFrom('progress')
        .where('title_id', '=', titleId)
        .where('achievement_id', '=', achievementId)
        .execute()
    },

    async insertEvents(events: readonly ProgressEvent[]): Promise<void> {
      const rows = formatJson(
        events.map((event) => ({
          player_id: event.playerId,
          title_id: event.titleId,
          achievement_id: event.achievementId,
          kind: event.kind,
          time: event.time,
          state: event.progress.state,
          percent: event.progress.percent,
          unlock_time: event.progress.unlockTime ?? null,
          actor: event.actor,
          reason: event.reason,
          request_id: event.requestId,
        })),
      )
      await sql`
        insert into events (player_id, title_id, achievement_id, kind, time, state, percent, unlock_time, actor,
          reason, request_id)
        select * from jsonb_to_recordset(${rows}::jsonb) as r (player_id text, title_id text, achievement_id text,
          kind text, time bigint, state text, percent smallint, unlock_time bigint, actor text, reason text,
          request_id text)`.execute(db)
    },
  }
}

function toRow({ playerId, titleId, achievementId, progress }: ProgressRecord): JsonObject {
  const values = Object.entries(progress.values).map(([id, quantity]) => [id, quantityToJson(quantity)])
  return {
    player_id: playerId,
    title_id: titleId,
    achievement_id: achievementId,
    state: progress.state,
    values: Object.fromEntries(values),
    reported_percent: progress.reportedPercent,
    percent: progress.percent,
    unlock_time: progress.unlockTime ?? null,
    unlock_precision: progress.unlockPrecision ?? null,
    first_report_time: progress.firstReportTime ?? null,
    last_report_time: progress.lastReportTime ?? null,
    revoked: progress.revoked,
    writer: progress.writer,
    extensions: progress.extensions,
  }
}

function toRecord(row: Row<'progress'>): ProgressRecord {
  return {
    playerId: row.player_id,
    titleId: row.title_id,
    achievementId: row.achievement_id,
    progress: fromRow(row),
  }
}

function fromRow(row: Row<'progress'>): Progress {
  const values = Object.entries(row.values as Record<string, string | number>)
  return {
    state: row.state,
    values: Object.fromEntries(values.map(([id, value]) => [id, quantityFromJson(value)])),
    reportedPercent: row.reported_percent,
    percent: row.percent,
    unlockTime: row.unlock_time ?? undefined,
    unlockPrecision: row.unlock_precision ?? undefined,
    firstReportTime: row.first_report_time ?? undefined,
    lastReportTime: row.last_report_time ?? undefined,
    revoked: row.revoked,
    writer: row.writer,
    extensions: row.extensions as unknown as Progress['extensions'],
  }
}
