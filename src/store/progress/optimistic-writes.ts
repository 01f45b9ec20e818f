import type { Kysely } from 'kysely'
import type { StoredAchievement } from '../../model/achievement.ts'
import type { Instant } from '../../model/instant.ts'
import { NOT_STARTED, type Progress } from '../../model/progress.ts'
import { fixed, fragment, table } from '../fixed-statement.ts'
import type { PlayerRequestKey, StoredResponse } from '../idempotency.ts'
import type { Tables } from '../schema.ts'
import { rowsOfWrites } from './optimistic-write-rows.ts'
import type { PlayerTitle, PlayerTitleKey } from './player-titles.ts'
import type { ProgressEvent, ProgressKey, ProgressRecord } from './progress.ts'
import {
  extensionsFromText,
  instantFromText,
  PROGRESS_COLUMNS,
  type ProgressColumns,
  progressFromColumns,
} from './progress-columns.ts'

/** What is known of a player in a title, and of one achievement of it. */
export interface PlayerProgressSnapshot {
  /** Undefined where the player has nothing in the title yet. */
  readonly playerTitle: PlayerTitle | undefined
  readonly progress: Progress
}

/** A sheet as it was when its changes were thought out, as it is after them, and all that is written with it. */
export interface PlayerTitleWrite {
  /** Undefined for a sheet that was not there. */
  readonly before: PlayerTitle | undefined
  /** The same as before when nothing changed: then it is only made sure of. */
  readonly after: PlayerTitle
  /** What the changes were judged by. */
  readonly definitions: readonly StoredAchievement[]
  readonly progress: readonly ProgressRecord[]
  readonly events: readonly ProgressEvent[]
  readonly responses: readonly (PlayerRequestKey & StoredResponse)[]
}

/**
 * Rows of players are looked up one by one (`lateral`), by their whole key: what the planner makes of a join depends
 * on what it knows of the tables, and of tables that fill up from empty it knows nothing for a minute.
 */
export function optimisticWriteQueries(db: Kysely<Tables>) {
  return {
    /** In the order of the keys. Locks nothing: what is made of it is written by `writeStandings`. */
    async snapshots(keys: readonly ProgressKey[]): Promise<readonly PlayerProgressSnapshot[]> {
      const { rows } = await fixed<{ snapshots: string }>`
        select coalesce(json_agg(json_build_array(
            s.version::text, s.unlocked_count, s.score::text, s.last_unlock_time::text, s.extensions::text,
            ${fragment(PROGRESS_COLUMNS)}
          ) order by w.place), '[]')::text as standings
        from ${keyRows(keys)}
        left join lateral (
          select * from player_titles where player_id = w.player_id and title_id = w.title_id limit 1
        ) s on true
        left join lateral (
          select * from progress
          where player_id = w.player_id and title_id = w.title_id and achievement_id = w.achievement_id limit 1
        ) p on true`.execute(db)
      const found = JSON.parse(rows[0]?.snapshots ?? '[]') as SnapshotRow[]
      return found.map((row, index) => toSnapshot(keys[index] as ProgressKey, row))
    },

    /**
     * Writes what was made of standings, and gives those of the sheets that were written. A sheet that has changed since
     * it was read, a request that has an answer already, or a definition that is not what it was, leaves all of that
     * sheet unwritten, and so does anything of it that another transaction holds: it waits for nobody. One statement,
     * a transaction by itself.
     *
     * Each sheet has a place, its number among them, by which all else refers to it. Where a place is looked for, it
     * says `not in`, or `is true` after an `in`: so the planner keeps the places in a hash, however many or few it
     * expects, and never compares all with all.
     */
    async write<Write extends PlayerTitleWrite>(
      writes: readonly Write[],
      time: Instant,
    ): Promise<readonly Write[]> {
      const {
        definitions,
        reports,
        sheets: playerTitles,
        progress,
        events,
        answers: responses,
      } = rowsOfWrites(writes)
      const { rows } = await fixed<{ ordinal: bigint }>`
        with held as (
          select d.number from ${definitions}
          cross join lateral (
            select from achievements where title_id = d.t and id = d.a and revision = d.revision
            for key share skip locked
          ) a
        ),
        given as materialized (select * from ${responses}),
        spoilt as (
          select g.place from given g
          cross join lateral (
            select from player_requests where player_id = g.p and request_id = g.id limit 1
          ) q
          union all
          select r.place from ${reports} where r.definition not in (select number from held)
        ),
        wanted as materialized (
          select * from ${playerTitles} where w.place not in (select place from spoilt)
        ),
        same as (
          select w.*, s.tid from wanted w
          cross join lateral (
            select ctid as tid from player_titles
            where player_id = w.p and title_id = w.t and version = w.before
            for no key update skip locked
          ) s
        ),
        new_players as (
          insert into players (id, display_name, create_time, update_time)
          select distinct p, '', ${time}::bigint, ${time}::bigint from wanted
          where before is null order by p
          on conflict (id) do nothing
        ),
        made as (
          insert into player_titles (player_id, title_id, version, unlocked_count, score, last_unlock_time)
          select p, t, after, unlocked, score, last from wanted
          where before is null order by p, t
          on conflict (player_id, title_id) do nothing
          returning player_id, title_id
        ),
        new_sheets as (
          select place from wanted
          where before is null and ((p, t) in (select player_id, title_id from made)) is true
        ),
        changed as (
          update player_titles s set version = w.after, unlocked_count = w.unlocked, score = w.score,
            last_unlock_time = w.last
          from same w where s.ctid = w.tid and w.before <> w.after
          returning w.place
        ),
        written as (select place from new_sheets union all select place from changed),
        new_progress as (
          insert into progress (player_id, title_id, achievement_id, state, values, reported_percent, percent,
            unlock_time, unlock_precision, first_report_time, last_report_time, revoked, writer, extensions)
          select p, t, a, state, values, reported, percent, unlocked, precision, first, last, revoked, writer,
            extensions
          from ${progress} where (r.place in (select place from written)) is true
          on conflict (player_id, title_id, achievement_id) do update set
            state = excluded.state, values = excluded.values, reported_percent = excluded.reported_percent,
            percent = excluded.percent, unlock_time = excluded.unlock_time,
            unlock_precision = excluded.unlock_precision, first_report_time = excluded.first_report_time,
            last_report_time = excluded.last_report_time, revoked = excluded.revoked, writer = excluded.writer,
            extensions = excluded.extensions
        ),
        new_events as (
          insert into events (player_id, title_id, achievement_id, kind, time, state, percent, unlock_time, actor,
            reason, request_id)
          select p, t, a, kind, time, state, percent, unlocked, actor, reason, request from ${events}
          where (r.place in (select place from written)) is true
        ),
        new_answers as (
          insert into player_requests (player_id, request_id, fingerprint, response, create_time)
          select p, id, fingerprint, response, ${time}::bigint from given
          where (place in (select place from written)) is true
        )
        select place from generate_series(1, ${writes.length}::bigint) as place
        where place not in (select place from new_sheets union all select place from same)`.execute(db)
      const left = new Set(rows.map(({ ordinal }) => Number(ordinal)))
      return left.size === 0 ? writes : writes.filter((_, index) => !left.has(index + 1))
    },
  }
}

type SnapshotRow = readonly [
  version: string | null,
  unlockedCount: number,
  score: string,
  lastUnlockTime: string | null,
  extensions: string,
  ...ProgressColumns,
]

function toSnapshot({ playerId, titleId }: PlayerTitleKey, row: SnapshotRow): PlayerProgressSnapshot {
  const [version, unlockedCount, score, lastUnlockTime, extensions, ...columns] = row
  const playerTitle = version !== null && {
    playerId,
    titleId,
    version: BigInt(version),
    unlockedCount,
    score: BigInt(score),
    lastUnlockTime: instantFromText(lastUnlockTime),
    extensions: extensionsFromText(extensions),
  }
  return { playerTitle: playerTitle || undefined, progress: progressFromColumns(columns) ?? NOT_STARTED }
}

function keyRows(keys: readonly ProgressKey[]) {
  return table('w', {
    place: ['integer', keys.map((_, index) => index)],
    player_id: ['text', keys.map(({ playerId }) => playerId)],
    title_id: ['text', keys.map(({ titleId }) => titleId)],
    achievement_id: ['text', keys.map(({ achievementId }) => achievementId)],
  })
}
