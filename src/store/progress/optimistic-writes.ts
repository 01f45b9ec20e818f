import type { Kysely } from 'kysely'
import type { StoredAchievement } from '../../model/achievement.ts'
import type { Instant } from '../../model/instant.ts'
import { NOT_STARTED, type PlayerTitleKey, type Progress, type ProgressKey } from '../../model/progress.ts'
import { columnsOf } from '../columns.ts'
import { EVENT_COLUMNS, eventRows, type NewEvent } from '../events/event-rows.ts'
import { fixed, fragment, table } from '../fixed-statement.ts'
import { type PlayerResponse, RESPONSE_COLUMNS, RESPONSE_VALUES, responseRows } from '../idempotency.ts'
import type { Tables } from '../schema.ts'
import type { PlayerTitle } from './player-titles.ts'
import {
  extensionsFromText,
  instantFromText,
  PROGRESS_COLUMNS,
  PROGRESS_ITEMS,
  type ProgressItems,
  type ProgressRecord,
  progressFromItems,
  progressRows,
  REPLACE_PROGRESS,
} from './progress-rows.ts'

/** The row of a player's title, and the player's progress on one of its achievements, read without a lock. */
export interface PlayerProgressSnapshot {
  /** Undefined where the player has nothing in the title yet. */
  readonly playerTitle: PlayerTitle | undefined
  /** Whether the player does not exist. */
  readonly isNewPlayer: boolean
  readonly progress: Progress
}

/** The changes to one player's title, and the state from which they were computed. */
export interface PlayerTitleWrite {
  /** Undefined for a row to be inserted. */
  readonly before: PlayerTitle | undefined
  /** Of the same version as `before` when nothing changed: then the write only checks the version. */
  readonly after: PlayerTitle
  /** The definitions that the changes were computed from. */
  readonly definitions: readonly StoredAchievement[]
  readonly progress: readonly ProgressRecord[]
  readonly events: readonly NewEvent[]
  readonly responses: readonly PlayerResponse[]
}

const PLAYER_TITLE_COLUMNS = fragment(columnsOf('player_titles'))

/**
 * Optimistic concurrency: `snapshots` reads without a lock, `write` writes only if nothing changed since.
 *
 * Rows of players are looked up one by one (`lateral`), by their whole key: the plan of a join depends on statistics, and
 * tables that fill up from empty have none for a minute.
 */
export function optimisticWriteQueries(db: Kysely<Tables>) {
  return {
    /** Returns a snapshot for each key, in their order. */
    async snapshots(keys: readonly ProgressKey[]): Promise<readonly PlayerProgressSnapshot[]> {
      const { rows } = await fixed<{ snapshots: string }>`
        select coalesce(json_agg(json_build_array(
            s.version::text, s.unlocked_count, s.score::text, s.last_unlock_time::text, s.extensions::text,
            s.version is null and not exists (select from players where id = k.player_id),
            ${PROGRESS_ITEMS}
          ) order by k.ordinal), '[]')::text as snapshots
        from ${keyTable(keys)}
        left join lateral (
          select ${PLAYER_TITLE_COLUMNS} from player_titles
          where player_id = k.player_id and title_id = k.title_id limit 1
        ) s on true
        left join lateral (
          select ${PROGRESS_COLUMNS} from progress
          where player_id = k.player_id and title_id = k.title_id and achievement_id = k.achievement_id limit 1
        ) p on true`.execute(db)
      const found = JSON.parse(rows[0]?.snapshots ?? '[]') as SnapshotRow[]
      return found.map((row, index) => toSnapshot(keys[index] as ProgressKey, row))
    },

    /**
     * Writes changes to players' titles and returns the writes that were done. All of one player's title stays unwritten
     * where its row has another version, a request id has a stored response (of any caller, which needs no wider lookup), a
     * definition has another revision, or another transaction holds a lock on any of them: the statement waits for no lock. A
     * row is inserted only for a player who exists.
     *
     * Each write has an ordinal, by which the other rows refer to it. Ordinals are looked up by `not in`, or by an `in`
     * that ends in `is true`: so the planner keeps them in a hash, however many or few it expects, and never compares each
     * with each.
     */
    async write<Write extends PlayerTitleWrite>(
      writes: readonly Write[],
      time: Instant,
    ): Promise<readonly Write[]> {
      const { definitions, reports, playerTitles, progress, events, responses } = tablesOf(writes)
      const { rows } = await fixed<{ ordinal: bigint }>`
        with current_definitions as (
          select d.number from ${definitions}
          cross join lateral (
            select from achievements where title_id = d.title_id and id = d.id and revision = d.revision
            for key share skip locked
          ) a
        ),
        responses as materialized (select * from ${responses}),
        stale as (
          select r.ordinal from responses r
          cross join lateral (
            select from player_requests where player_id = r.player_id and request_id = r.request_id limit 1
          ) q
          union all
          select r.ordinal from ${reports} where r.definition not in (select number from current_definitions)
        ),
        candidates as materialized (
          select * from ${playerTitles} where w.ordinal not in (select ordinal from stale)
        ),
        locked as (
          select w.*, s.tid from candidates w
          cross join lateral (
            select ctid as tid from player_titles
            where player_id = w.player_id and title_id = w.title_id and version = w.before
            for no key update skip locked
          ) s
        ),
        inserted as (
          insert into player_titles (player_id, title_id, version, unlocked_count, score, last_unlock_time)
          select player_id, title_id, after, unlocked_count, score, last_unlock_time from candidates w
          cross join lateral (select from players where id = w.player_id for key share skip locked) p
          where before is null order by player_id, title_id
          on conflict (player_id, title_id) do nothing
          returning player_id, title_id
        ),
        new_player_titles as (
          select ordinal from candidates
          where before is null and ((player_id, title_id) in (select player_id, title_id from inserted)) is true
        ),
        updated as (
          update player_titles s set version = w.after, unlocked_count = w.unlocked_count, score = w.score,
            last_unlock_time = w.last_unlock_time
          from locked w where s.ctid = w.tid and w.before <> w.after
          returning w.ordinal
        ),
        written as (select ordinal from new_player_titles union all select ordinal from updated),
        new_progress as (
          insert into progress (${PROGRESS_COLUMNS})
          select ${PROGRESS_COLUMNS} from ${progress} where (r.ordinal in (select ordinal from written)) is true
          ${REPLACE_PROGRESS}
        ),
        new_events as (
          insert into events (${EVENT_COLUMNS})
          select ${EVENT_COLUMNS} from ${events} where (r.ordinal in (select ordinal from written)) is true
        ),
        new_responses as (
          insert into player_requests (${RESPONSE_COLUMNS}, create_time)
          select ${RESPONSE_VALUES}, ${time}::bigint from responses
          where (ordinal in (select ordinal from written)) is true
        )
        select ordinal from generate_series(1, ${writes.length}::bigint) as ordinal
        where ordinal not in (select ordinal from new_player_titles union all select ordinal from locked)`.execute(
        db,
      )
      const unwritten = new Set(rows.map(({ ordinal }) => Number(ordinal)))
      return unwritten.size === 0 ? writes : writes.filter((_, index) => !unwritten.has(index + 1))
    },
  }
}

type SnapshotRow = readonly [
  version: string | null,
  unlockedCount: number,
  score: string,
  lastUnlockTime: string | null,
  extensions: string,
  isNewPlayer: boolean,
  ...ProgressItems,
]

function toSnapshot({ playerId, titleId }: PlayerTitleKey, row: SnapshotRow): PlayerProgressSnapshot {
  const [version, unlockedCount, score, lastUnlockTime, extensions, isNewPlayer, ...items] = row
  const playerTitle = version !== null && {
    playerId,
    titleId,
    version: BigInt(version),
    unlockedCount,
    score: BigInt(score),
    lastUnlockTime: instantFromText(lastUnlockTime),
    extensions: extensionsFromText(extensions),
  }
  return {
    playerTitle: playerTitle || undefined,
    isNewPlayer,
    progress: progressFromItems(items) ?? NOT_STARTED,
  }
}

function keyTable(keys: readonly ProgressKey[]) {
  return table('k', {
    ordinal: ['integer', keys.map((_, index) => index)],
    player_id: ['text', keys.map(({ playerId }) => playerId)],
    title_id: ['text', keys.map(({ titleId }) => titleId)],
    achievement_id: ['text', keys.map(({ achievementId }) => achievementId)],
  })
}

/** Returns the tables of values for `write`. An ordinal is the number of a write, from 1. */
function tablesOf(writes: readonly PlayerTitleWrite[]) {
  const all = <Item>(itemsOf: (write: PlayerTitleWrite) => Iterable<Item>) => {
    const items: Item[] = []
    const ordinals: number[] = []
    for (const [index, write] of writes.entries()) {
      for (const item of itemsOf(write)) {
        items.push(item)
        ordinals.push(index + 1)
      }
    }
    return [['bigint', ordinals], items] as const
  }
  const [reportOrdinals, reported] = all(({ definitions }) => definitions)
  const [progressOrdinals, progress] = all((write) => write.progress)
  const [eventOrdinals, events] = all((write) => write.events)
  const [responseOrdinals, responses] = all((write) => write.responses)
  const numbers = new Map<StoredAchievement, number>()
  for (const definition of reported) {
    if (!numbers.has(definition)) numbers.set(definition, numbers.size + 1)
  }
  const definitions = [...numbers.keys()]
  return {
    definitions: table('d', {
      title_id: ['text', definitions.map(({ titleId }) => titleId)],
      id: ['text', definitions.map(({ id }) => id)],
      revision: ['bigint', definitions.map(({ etag }) => etag)],
      number: ['bigint', definitions.map((_, index) => index + 1)],
    }),
    reports: table('r', {
      ordinal: reportOrdinals,
      definition: ['bigint', reported.map((definition) => numbers.get(definition))],
    }),
    playerTitles: table('w', {
      ordinal: ['bigint', writes.map((_, index) => index + 1)],
      player_id: ['text', writes.map(({ after }) => after.playerId)],
      title_id: ['text', writes.map(({ after }) => after.titleId)],
      before: ['bigint', writes.map(({ before }) => before?.version)],
      after: ['bigint', writes.map(({ after }) => after.version)],
      unlocked_count: ['integer', writes.map(({ after }) => after.unlockedCount)],
      score: ['bigint', writes.map(({ after }) => after.score)],
      last_unlock_time: ['bigint', writes.map(({ after }) => after.lastUnlockTime)],
    }),
    progress: table('r', { ordinal: progressOrdinals, ...progressRows(progress) }),
    events: table('r', { ordinal: eventOrdinals, ...eventRows(events) }),
    responses: table('r', { ordinal: responseOrdinals, ...responseRows(responses) }),
  }
}
