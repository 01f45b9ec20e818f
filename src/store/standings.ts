import { type Kysely, sql } from 'kysely'
import type { StoredAchievement } from '../model/achievement.ts'
import { formatJson } from '../model/exact-json.ts'
import type { Instant } from '../model/instant.ts'
import type { JsonObject } from '../model/json.ts'
import { NOT_STARTED, type Progress } from '../model/progress.ts'
import type { Extensions } from '../model/title.ts'
import { quantityToJson } from './definition.ts'
import type { ProgressEvent, ProgressKey, ProgressRecord } from './progress.ts'
import {
  extensionsFromText,
  instantFromText,
  mapValues,
  type ProgressColumns,
  progressColumns,
  progressFromColumns,
} from './progress-columns.ts'
import type { Answer, PlayerRequest } from './requests.ts'
import type { Tables } from './schema.ts'
import type { Sheet, SheetKey } from './sheets.ts'

/** What is known of a player in a title, and of one achievement of it. */
export interface Standing {
  /** Undefined where the player has nothing in the title yet. */
  readonly sheet: Sheet | undefined
  readonly progress: Progress
}

/** A sheet as it was when its changes were thought out, and as it is after them. */
export interface SheetWrite {
  /** Undefined for a sheet that was not there. */
  readonly before: Sheet | undefined
  /** The same as before when nothing changed: then it is only made sure of. */
  readonly after: Sheet
  /** What was reported on. */
  readonly achievementIds: readonly string[]
}

export interface StandingsWrite {
  readonly sheets: readonly SheetWrite[]
  readonly progress: readonly ProgressRecord[]
  readonly events: readonly ProgressEvent[]
  readonly answers: readonly (PlayerRequest & Answer & { readonly titleId: string })[]
  /** What the changes were judged by. */
  readonly definitions: readonly StoredAchievement[]
  readonly time: Instant
}

/**
 * Rows of players are looked up one by one (`lateral`), by their whole key: what the planner makes of a join depends
 * on what it knows of the tables, and of tables that fill up from empty it knows nothing for a minute.
 */
export function standingQueries(db: Kysely<Tables>) {
  return {
    /** In the order of the keys. Locks nothing: what is made of it is written by `writeStandings`. */
    async standingsAt(keys: readonly ProgressKey[]): Promise<readonly Standing[]> {
      const { rows } = await sql<{ standings: string }>`
        select coalesce(json_agg(json_build_array(
            s.version::text, s.unlocked_count, s.score::text, s.last_unlock_time::text, s.extensions::text,
            ${progressColumns}
          ) order by w.place), '[]')::text as standings
        from unnest(${keys.map(({ playerId }) => playerId)}::text[], ${keys.map(({ titleId }) => titleId)}::text[],
                    ${keys.map(({ achievementId }) => achievementId)}::text[]) with ordinality
          as w (player_id, title_id, achievement_id, place)
        left join lateral (
          select * from player_titles where player_id = w.player_id and title_id = w.title_id limit 1
        ) s on true
        left join lateral (
          select * from progress
          where player_id = w.player_id and title_id = w.title_id and achievement_id = w.achievement_id limit 1
        ) p on true`.execute(db)
      const found = JSON.parse(rows[0]?.standings ?? '[]') as StandingRow[]
      return found.map((row, index) => toStanding(keys[index] as ProgressKey, row))
    },

    /**
     * Writes what was made of standings, and gives the sheets that it was written of. A sheet that has changed since
     * it was read, a request that has an answer already, or a definition that is not what it was, leaves all of that
     * sheet unwritten, and so does anything of it that another transaction holds: it waits for nobody. One statement,
     * a transaction by itself.
     */
    async writeStandings(write: StandingsWrite): Promise<readonly SheetKey[]> {
      const { rows } = await sql<{ player_id: string; title_id: string }>`
        with held as (
          select a.title_id, a.id from achievements a
          join json_to_recordset(${definitionRows(write)}::json) as d (t text, a text, revision bigint)
            on a.title_id = d.t and a.id = d.a and a.revision = d.revision
          for key share of a skip locked
        ),
        given as materialized (
          select * from json_to_recordset(${answerRows(write)}::json)
            as r (p text, t text, id text, fingerprint text, response text)
        ),
        answered as (
          select q.player_id from given g
          cross join lateral (
            select player_id from player_requests where player_id = g.p and request_id = g.id limit 1
          ) q
        ),
        wanted as (
          select w.* from json_to_recordset(${sheetRows(write)}::json) as w (p text, t text, before bigint,
            after bigint, unlocked integer, score bigint, last bigint, achievements text[])
          where w.p not in (select player_id from answered) and not exists (
            select 1 from unnest(w.achievements) as a (id)
            where (w.t, a.id) not in (select title_id, id from held))
        ),
        same as (
          select s.player_id, s.title_id from wanted w
          cross join lateral (
            select player_id, title_id from player_titles
            where player_id = w.p and title_id = w.t and version = w.before
            for update skip locked
          ) s
        ),
        new_players as (
          insert into players (id, display_name, create_time, update_time)
          select distinct p, '', ${write.time}::bigint, ${write.time}::bigint from wanted
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
        changed as (
          update player_titles s set version = w.after, unlocked_count = w.unlocked, score = w.score,
            last_unlock_time = w.last
          from wanted w join same on same.player_id = w.p and same.title_id = w.t
          where w.before <> w.after and s.player_id = w.p and s.title_id = w.t
          returning s.player_id, s.title_id
        ),
        written as (select * from made union all select * from changed),
        new_progress as (
          insert into progress (player_id, title_id, achievement_id, state, values, reported_percent, percent,
            unlock_time, unlock_precision, first_report_time, last_report_time, revoked, writer, extensions)
          select r.p, r.t, r.a, r.state, r.values, r.reported, r.percent, r.unlocked, r.precision, r.first, r.last,
            coalesce(r.revoked, false), r.writer,
            coalesce(r.extensions, '{}')::jsonb
          from json_to_recordset(${progressRows(write)}::json) as r (p text, t text, a text, state text,
            values jsonb, reported smallint, percent smallint, unlocked bigint, precision text, first bigint,
            last bigint, revoked boolean, writer text, extensions text)
          join written w on w.player_id = r.p and w.title_id = r.t
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
          select r.p, r.t, r.a, r.kind, r.time, r.state, r.percent, r.unlocked, r.actor, coalesce(r.reason, ''),
            coalesce(r.request, '')
          from json_to_recordset(${eventRows(write)}::json) as r (p text, t text, a text, kind text,
            time bigint, state text, percent smallint, unlocked bigint, actor text, reason text, request text)
          join written w on w.player_id = r.p and w.title_id = r.t
        ),
        new_answers as (
          insert into player_requests (player_id, request_id, fingerprint, response, create_time)
          select g.p, g.id, g.fingerprint, g.response, ${write.time}::bigint
          from given g join written w on w.player_id = g.p and w.title_id = g.t
        )
        select player_id, title_id from made union all select player_id, title_id from same`.execute(db)
      return rows.map((row) => ({ playerId: row.player_id, titleId: row.title_id }))
    },
  }
}

type StandingRow = readonly [
  version: string | null,
  unlockedCount: number,
  score: string,
  lastUnlockTime: string | null,
  extensions: string,
  ...ProgressColumns,
]

function toStanding({ playerId, titleId }: SheetKey, row: StandingRow): Standing {
  const [version, unlockedCount, score, lastUnlockTime, extensions, ...columns] = row
  const sheet = version !== null && {
    playerId,
    titleId,
    version: BigInt(version),
    unlockedCount,
    score: BigInt(score),
    lastUnlockTime: instantFromText(lastUnlockTime),
    extensions: extensionsFromText(extensions),
  }
  return { sheet: sheet || undefined, progress: progressFromColumns(columns) ?? NOT_STARTED }
}

/**
 * Of each row there are many, and every byte of them is written, sent and parsed: the names of members are short, and
 * what is most often the same is left out.
 */
function sheetRows({ sheets }: StandingsWrite): string {
  return JSON.stringify(
    sheets.map(({ before, after, achievementIds }) => ({
      p: after.playerId,
      t: after.titleId,
      before: text(before?.version),
      after: text(after.version),
      unlocked: after.unlockedCount,
      score: text(after.score),
      last: text(after.lastUnlockTime),
      achievements: achievementIds,
    })),
  )
}

function progressRows({ progress }: StandingsWrite): string {
  return JSON.stringify(
    progress.map(({ playerId, titleId, achievementId, progress: it }) => ({
      p: playerId,
      t: titleId,
      a: achievementId,
      state: it.state,
      values: mapValues(it.values, quantityToJson),
      reported: it.reportedPercent,
      percent: it.percent,
      unlocked: text(it.unlockTime),
      precision: it.unlockPrecision,
      first: text(it.firstReportTime),
      last: text(it.lastReportTime),
      revoked: it.revoked || undefined,
      writer: it.writer,
      extensions: isEmpty(it.extensions) ? undefined : formatJson(it.extensions as JsonObject),
    })),
  )
}

function eventRows({ events }: StandingsWrite): string {
  return JSON.stringify(
    events.map((event) => ({
      p: event.playerId,
      t: event.titleId,
      a: event.achievementId,
      kind: event.kind,
      time: text(event.time),
      state: event.progress.state,
      percent: event.progress.percent,
      unlocked: text(event.progress.unlockTime),
      actor: event.actor,
      reason: event.reason || undefined,
      request: event.requestId || undefined,
    })),
  )
}

function answerRows({ answers }: StandingsWrite): string {
  return JSON.stringify(
    answers.map(({ playerId, titleId, requestId, fingerprint, response }) => ({
      p: playerId,
      t: titleId,
      id: requestId,
      fingerprint,
      response,
    })),
  )
}

function definitionRows({ definitions }: StandingsWrite): string {
  return JSON.stringify(definitions.map(({ titleId, id, etag }) => ({ t: titleId, a: id, revision: etag })))
}

/** A 64-bit integer as text: a JSON number would be read as a double by most. */
function text(integer: bigint | undefined): string | undefined {
  return integer === undefined ? undefined : String(integer)
}

function isEmpty(extensions: Extensions): boolean {
  for (const _ in extensions) return false
  return true
}
