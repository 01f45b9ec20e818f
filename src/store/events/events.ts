import { type Kysely, sql } from 'kysely'
import type { Event } from '../../model/event.ts'
import type { Instant } from '../../model/instant.ts'
import type { NodeAddress } from '../citus/node-address.ts'
import type { ListNodeWriters } from '../citus/node-writers.ts'
import { partitionQueries } from '../citus/partitions.ts'
import type { Sharding } from '../citus/sharding.ts'
import { COLUMNS } from '../columns.ts'
import type { Row, Tables } from '../schema.ts'
import { insertEvents, type NewEvent } from './event-rows.ts'
import type { OpenWriters } from './open-writers.ts'

export interface EventBarrier {
  /** The last assigned event id. Only the open writers can still commit an event at or below it. */
  readonly position: bigint
  /** Undefined if a node of a cluster cannot be asked for its writers. */
  readonly open: OpenWriters | undefined
  /** Changes when the database recovers from a crash, after which it may assign ids again. */
  readonly life: string
}

/** The position of events at a time. */
export interface EventMark {
  readonly position: bigint
  readonly time: Instant
}

export interface DefinitionChange extends Pick<Event, 'time' | 'actor'> {
  readonly requestId: string | undefined
}

type LastId = Pick<EventBarrier, 'position'>

const DELETE_BATCH_SIZE = 5_000
const LAST_ID = sql<LastId>`select case when is_called then last_value else 0 end as position from events_id_seq`

export function eventQueries(db: Kysely<Tables>, sharding: Sharding, listNodeWriters: ListNodeWriters) {
  const partitions = partitionQueries(db, sharding.oldestRequest)

  return {
    /**
     * Returns the last assigned id and the transactions that hold a write lock on the events table. The subquery depends on
     * `taken`, so the locks are read after the id: a transaction locks the table before it gets an id, and until it ends. A
     * crash resets the statistics, so their reset time identifies the life.
     *
     * A position beyond `known` is durable: after a crash Postgres assigns no id at or below it again. An id whose transaction
     * did not commit may not be in the flushed log yet, so the statement writes a message to the log, and its commit flushes both.
     */
    async findBarrier(known: bigint): Promise<EventBarrier> {
      const { rows } = await sql<Omit<EventBarrier, 'open'> & Pick<OpenWriters, 'writers'>>`
        with taken as materialized (${LAST_ID})
        select position, case when position > ${known} then pg_logical_emit_message(true, 'laurel', '') end as flushed, (
          select coalesce(array_agg(distinct virtualtransaction), '{}') from pg_locks
          where locktype = 'relation' and relation = 'events'::regclass and mode = 'RowExclusiveLock' and granted
            and database = (select oid from pg_database where datname = current_database())
            and taken.position is not null
        ) as writers, coalesce(extract(epoch from pg_stat_get_bgwriter_stat_reset_time())::text, '') as life
        from taken`.execute(db)
      const { position, life, writers } = rows[0] as (typeof rows)[number]
      if (!sharding.isDistributed) return { position, life, open: { writers, prepared: [] } }
      const onNodes = await listNodeWriters(await listNodes())
      if (onNodes === undefined) return { position, life, open: undefined }
      const { prepared } = onNodes
      // Citus completes them each minute (`citus.recover_2pc_interval`). Those of running transactions are left alone.
      if (prepared.length > 0) await sql`select recover_prepared_transactions()`.execute(db)
      return { position, life, open: { writers: [...writers, ...onNodes.writers], prepared } }
    },

    /** Returns the last assigned id. */
    async findLastId(): Promise<bigint> {
      const { rows } = await LAST_ID.execute(db)
      return (rows[0] as LastId).position
    },

    /**
     * Returns the number of events of players with an id in a range. It reads no other event, title by title in the order of the
     * index: no index has the ids alone.
     */
    async countReports(after: bigint, upTo: bigint): Promise<number> {
      const titles = await listTitles()
      const { rows } = await sql<{ count: number }>`
        select count(*)::integer as count from (
          select player_id from events
          where title_id = any(${titles}::text[]) and id > ${after} and id <= ${upTo}
          order by title_id, id limit ${upTo - after}
        ) as range where player_id <> ''`.execute(db)
      return (rows[0] as { count: number }).count
    },

    /** Returns events of a title after a position, up to another one, ordered by id. */
    async listOfTitle(
      titleId: string,
      after: bigint,
      upTo: bigint,
      limit: number,
    ): Promise<readonly Event[]> {
      const rows = await db
        .selectFrom('events')
        .select(COLUMNS.events)
        .where('title_id', '=', titleId)
        .where('id', '>', after)
        .where('id', '<=', upTo)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(toEvent)
    },

    /** Returns the distinct traces of recorded calls that caused these events of a player. */
    async listTraces(playerId: string, ids: readonly bigint[]): Promise<readonly string[]> {
      const { rows } = await sql<{ trace_parent: string }>`
        select distinct trace_parent from events
        where player_id = ${playerId} and id = any(${ids}::bigint[]) and trace_parent is not null`.execute(db)
      return rows.map(({ trace_parent }) => trace_parent)
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

    /** Returns the mark up to which events are purged; all later ones exist. */
    async findOldestMark(): Promise<EventMark> {
      return (await db
        .selectFrom('event_marks')
        .select(COLUMNS.event_marks)
        .orderBy('position')
        .limit(1)
        .executeTakeFirst()) as EventMark
    },

    /** Returns the end of the events that a restored backup had, if later ones are lost and the position is among those. */
    async findRestoreAround(position: bigint): Promise<EventMark | undefined> {
      return db
        .selectFrom('restores')
        .select(['backup_position as position', 'backup_time as time'])
        .where('backup_position', '<', position)
        .where('position', '>', position)
        .orderBy('backup_position')
        .limit(1)
        .executeTakeFirst()
    },

    async insertMark({ position, time }: EventMark): Promise<void> {
      await sql`insert into event_marks (position, time) values (${position}, ${time})
        on conflict (position) do nothing`.execute(db)
    },

    /** Returns the last mark before a time, except the oldest one. */
    async findMarkBefore(time: Instant): Promise<EventMark | undefined> {
      const oldest = db.selectFrom('event_marks').select(({ fn }) => fn.min('position').as('position'))
      return db
        .selectFrom('event_marks')
        .where('time', '<', time)
        .where('position', '>', oldest)
        .orderBy('position', 'desc')
        .limit(1)
        .select(COLUMNS.event_marks)
        .executeTakeFirst()
    },

    /** Returns a position up to which all events are older than a time. */
    async findPositionBefore(time: Instant): Promise<bigint> {
      const { rows } = await sql<{ position: bigint }>`
        select coalesce(max(position), 0) as position from event_marks where time < ${time}`.execute(db)
      return (rows[0] as { position: bigint }).position
    },

    /** Makes a mark the oldest one, before the events up to it are purged. */
    async purgeMarksBefore({ position }: EventMark): Promise<void> {
      await db.deleteFrom('event_marks').where('position', '<', position).execute()
    },

    /** Returns the parts of events for `purgeUpTo`: titles, or on a cluster the partitions without a later event. */
    listPartsUpTo: (position: bigint): Promise<readonly string[]> =>
      sharding.isDistributed ? partitions.listUpTo('events', position) : listTitles(),

    /** Deletes a batch of a title's events up to a position, or drops a partition. Returns false if there were none. */
    async purgeUpTo(part: string, position: bigint): Promise<boolean> {
      if (sharding.isDistributed) {
        await partitions.drop(part)
        return false
      }
      const { rows } = await sql<{ id: bigint }>`
        select id from events where title_id = ${part} and id <= ${position}
        order by id offset ${DELETE_BATCH_SIZE} limit 1`.execute(db)
      const { numAffectedRows = 0n } = await sql`
        delete from events where title_id = ${part} and id < ${rows[0]?.id ?? position + 1n}`.execute(db)
      return numAffectedRows > 0n
    },
  }

  /** Returns all nodes that may have writers: read after the id, which no later node can have taken. */
  async function listNodes(): Promise<readonly NodeAddress[]> {
    const { rows } = await sql<NodeAddress>`
      select groupid as group, nodename as host, nodeport as port from pg_dist_node
      where noderole = 'primary' order by nodeid`.execute(db)
    return rows
  }

  /** Returns the titles with events, deleted titles included. A loose index scan: it reads one row per title. */
  async function listTitles(): Promise<readonly string[]> {
    if (sharding.isDistributed) return listTitlesOfShards()
    const { rows } = await sql<{ title_id: string }>`
      with recursive title (title_id) as (
        (select title_id from events order by title_id limit 1)
        union all
        select (select e.title_id from events e where e.title_id > title.title_id order by e.title_id limit 1)
        from title where title.title_id is not null
      )
      select title_id from title where title_id is not null`.execute(db)
    return rows.map((row) => row.title_id)
  }

  /** Citus does not support recursive statements. */
  async function listTitlesOfShards(): Promise<readonly string[]> {
    const titles: string[] = []
    for (;;) {
      const { rows } = await sql<{ title_id: string }>`
        select title_id from events where title_id > ${titles.at(-1) ?? ''} order by title_id limit 1`.execute(
        db,
      )
      const [next] = rows
      if (next === undefined) return titles
      titles.push(next.title_id)
    }
  }
}

export function toEvent(row: Row<'events'>): Event {
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
