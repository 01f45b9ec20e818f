import { type Kysely, sql } from 'kysely'
import type { Event } from '../../model/event.ts'
import type { Instant } from '../../model/instant.ts'
import type { Row, Tables } from '../schema.ts'
import { insertEvents, type NewEvent } from './event-rows.ts'

/** Up to where numbers were taken, and who may still be writing events under some of them. */
export interface EventBarrier {
  /** No event that is not written yet can get this number, or a lower one, but from one of the writers. */
  readonly position: bigint
  /** The transactions, by names that no other one has in the same life of the database. */
  readonly writers: readonly string[]
  /** Names the life that the database leads since it was last restored from a crash: what it had not written down is void. */
  readonly life: string
}

/** How far events had come at a time. */
export interface EventMark {
  readonly position: bigint
  readonly time: Instant
}

export interface DefinitionChange extends Pick<Event, 'time' | 'actor'> {
  readonly requestId: string | undefined
}

/** How many rows are erased at a time, so that nobody waits for long. */
const DELETE_BATCH_SIZE = 5_000

export function eventQueries(db: Kysely<Tables>) {
  return {
    /**
     * The transactions are asked for after the number is read (`correlated`): whoever took it or a lower one holds
     * the lock on the table of events by then, until it has committed or not. A crash is told by the statistics, which
     * begin anew after each.
     */
    async findBarrier(): Promise<EventBarrier> {
      const { rows } = await sql<EventBarrier>`
        with taken as materialized (
          select case when is_called then last_value else 0 end as position from events_id_seq
        )
        select position, (
          select coalesce(array_agg(distinct virtualtransaction), '{}') from pg_locks
          where locktype = 'relation' and relation = 'events'::regclass and mode = 'RowExclusiveLock' and granted
            and database = (select oid from pg_database where datname = current_database())
            and taken.position is not null
        ) as writers, coalesce(extract(epoch from pg_stat_get_bgwriter_stat_reset_time())::text, '') as life
        from taken`.execute(db)
      return rows[0] as EventBarrier
    },

    /** Events of a title after one number and up to another, in order. */
    async listOfTitle(
      titleId: string,
      after: bigint,
      upTo: bigint,
      limit: number,
    ): Promise<readonly Event[]> {
      const rows = await db
        .selectFrom('events')
        .where('title_id', '=', titleId)
        .where('id', '>', after)
        .where('id', '<=', upTo)
        .orderBy('id')
        .limit(limit)
        .selectAll()
        .execute()
      return rows.map(toEvent)
    },

    /** The titles that have events, those that are deleted too, found by going from one to the next in the index. */
    async listTitles(): Promise<readonly string[]> {
      const { rows } = await sql<{ title_id: string }>`
        with recursive title (title_id) as (
          (select title_id from events order by title_id limit 1)
          union all
          select (select e.title_id from events e where e.title_id > title.title_id order by e.title_id limit 1)
          from title where title.title_id is not null
        )
        select title_id from title where title_id is not null`.execute(db)
      return rows.map((row) => row.title_id)
    },

    /** Inserts events, numbered in their order, in the transaction of the changes that they report. */
    async insert(events: readonly NewEvent[]): Promise<void> {
      if (events.length > 0) await insertEvents(db, events)
    },

    /** Inserts a `definition_changed` event for each achievement, in the transaction that changes the definitions. */
    async insertDefinitionEvents(
      titleId: string,
      achievementIds: readonly string[],
      { time, actor, requestId = '' }: DefinitionChange,
    ): Promise<void> {
      const events = achievementIds.map((achievementId) => ({
        playerId: '',
        titleId,
        achievementId,
        kind: 'definition_changed' as const,
        time,
        state: 'not_started' as const,
        percent: 0,
        unlockTime: undefined,
        actor,
        reason: '',
        requestId,
      }))
      await insertEvents(db, events)
    },

    /** Up to where events are erased; what comes after is all there. */
    async findOldestMark(): Promise<EventMark> {
      return (await db
        .selectFrom('event_marks')
        .selectAll()
        .orderBy('position')
        .limit(1)
        .executeTakeFirst()) as EventMark
    },

    async insertMark({ position, time }: EventMark): Promise<void> {
      await sql`insert into event_marks (position, time) values (${position}, ${time})
        on conflict (position) do nothing`.execute(db)
    },

    /** The last mark before a time; undefined when there is none but the oldest. */
    async findMarkBefore(time: Instant): Promise<EventMark | undefined> {
      const oldest = db.selectFrom('event_marks').select(({ fn }) => fn.min('position').as('position'))
      return db
        .selectFrom('event_marks')
        .where('time', '<', time)
        .where('position', '>', oldest)
        .orderBy('position', 'desc')
        .limit(1)
        .selectAll()
        .executeTakeFirst()
    },

    /** Says that events up to a mark are no longer kept, before they are erased. */
    async purgeMarksBefore({ position }: EventMark): Promise<void> {
      await db.deleteFrom('event_marks').where('position', '<', position).execute()
    },

    /** Erases some of what came up to a number; false when nothing of it is left. */
    async purgeUpTo(titleId: string, position: bigint): Promise<boolean> {
      const { rows } = await sql<{ deletedCount: bigint }>`
        with left_over as materialized (
          select id from events where title_id = ${titleId} and id <= ${position}
          order by id offset ${DELETE_BATCH_SIZE} limit 1
        ),
        gone as (
          delete from events where title_id = ${titleId}
            and id < coalesce((select id from left_over), ${position}::bigint + 1) returning 1
        )
        select count(*) as "deletedCount" from gone`.execute(db)
      return rows[0] !== undefined && rows[0].deletedCount > 0n
    },
  }
}

function toEvent(row: Row<'events'>): Event {
  return {
    id: row.id,
    titleId: row.title_id,
    playerId: row.player_id,
    achievementId: row.achievement_id,
    kind: row.kind,
    time: row.time,
    state: row.state,
    percent: row.percent,
    unlockTime: row.unlock_time ?? undefined,
    actor: row.actor,
    reason: row.reason,
    requestId: row.request_id,
  }
}
