import type { Kysely } from 'kysely'
import { fixed, fragment, table } from '../fixed-statement.ts'
import type { Tables } from '../schema.ts'
import type { PlayerAchievement, PlayerAchievementFilter } from './progress.ts'
import { PROGRESS_COLUMNS, type ProgressColumns, progressFromColumns } from './progress-columns.ts'

/** What is asked for, unless it is as it was under this stamp. */
export interface ListAsked extends PlayerAchievementFilter {
  readonly stamp: string | undefined
}

export interface Listed {
  /** The same for as long as nothing changes in the player's sheet, and in no definition of the title. */
  readonly stamp: string
  /** Undefined where the stamp is the one that was known. */
  readonly found: readonly PlayerAchievement[] | undefined
}

type Row = readonly [id: string, etag: string, listOrder: number, ...ProgressColumns]

/** Lists for many players at once, and of those that are known already only that they still are so. */
export function progressListQueries(db: Kysely<Tables>) {
  return {
    /**
     * Pages of titles' achievements with a player's standing on each, in list order, as `playerAchievements` gives one.
     * A sheet's version rises with all that is written of its progress.
     */
    async find(asked: readonly ListAsked[]): Promise<readonly Listed[]> {
      const { rows } = await fixed<{ lists: string }>`
        with asked as materialized (select * from ${askedRows(asked)}),
        catalogues as materialized (
          select t, (
            select bit_xor(hash_record_extended(row (id, revision, list_order), 0)) from achievements where title_id = t
          ) as hash
          from (select distinct t from asked) titles
        )
        select coalesce(json_agg(json_build_array(v.stamp, case when v.stamp is distinct from w.stamp then (
            select coalesce(json_agg(json_build_array(p.id, p.revision::text, p.list_order, ${fragment(PROGRESS_COLUMNS)})
              order by p.list_order, p.id), '[]')
            from (
              select a.id, a.revision, a.list_order, p.*
              from (select id, revision, list_order from achievements where title_id = w.t) a
              left join (
                select achievement_id, state, values, reported_percent, percent, unlock_time, unlock_precision,
                  first_report_time, last_report_time, revoked, writer, extensions
                from progress where player_id = w.p and title_id = w.t
              ) p on p.achievement_id = a.id
              where (w.states = '' or coalesce(p.state, 'not_started') = any(string_to_array(w.states, ' ')))
                and (w.after_id is null or (a.list_order, a.id) > (w.after_key, w.after_id))
              order by a.list_order, a.id
              limit w.most
            ) p) end) order by w.place), '[]')::text as lists
        from asked w
        join catalogues c on c.t = w.t
        left join lateral (
          select version from player_titles where player_id = w.p and title_id = w.t limit 1
        ) s on true
        cross join lateral (select concat(s.version, ' ', c.hash) as stamp) v`.execute(db)
      const lists = JSON.parse(rows[0]?.lists ?? '[]') as [string, Row[] | null][]
      return lists.map(([stamp, found]) => ({ stamp, found: found?.map(toAchievement) }))
    },
  }
}

function toAchievement([id, etag, listOrder, ...columns]: Row): PlayerAchievement {
  return { id, etag, listOrder, progress: progressFromColumns(columns) }
}

function askedRows(asked: readonly ListAsked[]) {
  return table('w', {
    place: ['integer', asked.map((_, index) => index)],
    p: ['text', asked.map(({ playerId }) => playerId)],
    t: ['text', asked.map(({ titleId }) => titleId)],
    stamp: ['text', asked.map(({ stamp }) => stamp)],
    states: ['text', asked.map(({ states }) => states.join(' '))],
    after_key: ['bigint', asked.map(({ after }) => after?.key)],
    after_id: ['text', asked.map(({ after }) => after?.id)],
    most: ['integer', asked.map(({ limit }) => limit)],
  })
}
