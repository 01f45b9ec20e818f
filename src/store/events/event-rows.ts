import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Event } from '../../model/event.ts'
import { type Columns, fixed, fragment, table } from '../fixed-statement.ts'
import type { Tables } from '../schema.ts'

/** An event that the database has not numbered yet. */
export interface NewEvent extends Omit<Event, 'id'> {
  /** Whether it is kept from destinations. Absent: it is not. */
  readonly silent?: boolean | undefined
}

type ResetEvents = Pick<NewEvent, 'titleId' | 'achievementId' | 'time' | 'actor' | 'reason' | 'requestId'>

const COLUMNS =
  'player_id, title_id, achievement_id, kind, time, state, percent, unlock_time, actor, reason, request_id, silent'

/** The columns of `eventRows`, for statements that insert events beside other rows. */
const EVENT_COLUMNS = fragment(COLUMNS)

function eventRows(events: readonly NewEvent[]): Columns {
  return {
    player_id: ['text', events.map(({ playerId }) => playerId)],
    title_id: ['text', events.map(({ titleId }) => titleId)],
    achievement_id: ['text', events.map(({ achievementId }) => achievementId)],
    kind: ['text', events.map(({ kind }) => kind)],
    time: ['bigint', events.map(({ time }) => time)],
    state: ['text', events.map(({ state }) => state)],
    percent: ['smallint', events.map(({ percent }) => percent)],
    unlock_time: ['bigint', events.map(({ unlockTime }) => unlockTime)],
    actor: ['text', events.map(({ actor }) => actor)],
    reason: ['text', events.map(({ reason }) => reason)],
    request_id: ['text', events.map(({ requestId }) => requestId)],
    silent: ['boolean', events.map(({ silent = false }) => silent)],
  }
}

/** Inserts events, numbered in their order. */
export async function insertEvents(db: Kysely<Tables>, events: readonly NewEvent[]): Promise<void> {
  await fixed`insert into events (${EVENT_COLUMNS})
    select ${EVENT_COLUMNS} from ${table('r', eventRows(events))}`.execute(db)
}

/** Inserts a `reset` event for each player whom the query `players` selects, in its order. */
export async function insertResetEvents(
  db: Kysely<Tables>,
  { titleId, achievementId, time, actor, reason, requestId }: ResetEvents,
  players: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    insert into events (${sql.raw(COLUMNS)})
    select player_id, ${titleId}::text, ${achievementId}::text, 'reset', ${time}::bigint, 'not_started', 0, null,
      ${actor}::text, ${reason}::text, ${requestId}::text, false
    from (${players}) as players`.execute(db)
}
