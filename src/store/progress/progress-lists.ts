import type { Kysely } from 'kysely'
import type { PlayerTitleKey, Progress, ProgressState } from '../../model/progress.ts'
import type { Sharding } from '../citus/sharding.ts'
import { fixed, fixedOfPlayers, fragment, table } from '../fixed-statement.ts'
import { idDigestOf } from '../id-table.ts'
import type { Tables } from '../schema.ts'
import { MAX_BYTES } from '../within-bytes.ts'
import { PROGRESS_ITEMS, type ProgressItems, progressFromItems } from './progress-rows.ts'

/** A request for one page of a title's achievements with a player's progress on each. */
export interface ProgressPageRequest extends PlayerTitleKey {
  /** Empty for all. */
  readonly states: readonly ProgressState[]
  /** Digests of the achievements on the pages before: see `idDigestOf`. */
  readonly returned: readonly string[]
  readonly limit: number
  /** Whether achievements that the player does not see are listed too: see `isShown`. Absent: they are not. */
  readonly listsAll?: boolean
  /** The stamp of the page in the caller's memory. If it is still current, the rows are omitted. */
  readonly stamp?: string | undefined
}

export interface ProgressPage {
  /** The same until the player's progress in the title or a definition of the title changes. */
  readonly stamp: string
  /** In list order; undefined where the request's stamp is current. */
  readonly rows: readonly AchievementProgress[] | undefined
  /** Whether the page ends before the limit, because its rows are large. */
  readonly isCut: boolean
}

export interface AchievementProgress {
  /** The achievement, in its version of this etag. */
  readonly id: string
  readonly etag: string
  readonly listOrder: number
  /** Undefined before the first report. */
  readonly progress: Progress | undefined
}

/** The model's `currentProgress` in SQL: values from a window with another start do not count. */
const CURRENT_STATE = fragment(`case
  when p.state = 'in_progress' and a.current_window_start is not null
    and p.window_start is distinct from a.current_window_start then 'not_started'
  else coalesce(p.state, 'not_started') end`)

/** The model's `isShown` in SQL. */
const IS_SHOWN = fragment(
  "(a.lifecycle = 'live' or (a.lifecycle = 'retired' and p.state = 'achieved') is true)",
)

/** Of the definition too, which is loaded with the row. */
const SIZE = fragment('(a.definition_size + coalesce(pg_column_size(p.extensions), 0))')
const MAX_SIZE = fragment(String(MAX_BYTES))

const DIGEST = fragment(idDigestOf('a.id'))

type StoredPage = readonly [rows: readonly Row[], isCut: boolean]

type Row = readonly [id: string, etag: string, listOrder: number, ...ProgressItems]

export function progressListQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    /**
     * Returns a page for each request, in their order. The stamp has the id of the player's last event, because each change of
     * progress writes one, but for those of migration jobs, whose parts are counted. A stamp can only repeat after the player's
     * events are purged.
     *
     * The `offset 0` makes the database look up the progress on each achievement by its key: until it has statistics of new rows, it would
     * compare each of the player's rows with each achievement, which takes seconds for thousands.
     */
    async find(requests: readonly ProgressPageRequest[]): Promise<readonly ProgressPage[]> {
      if (!sharding.isDistributed) return findGroup(requests)
      const found = new Map<ProgressPageRequest, ProgressPage>()
      for (const group of sharding.groups(requests, ({ playerId }) => playerId)) {
        const pages = await findGroup(group)
        for (const [index, request] of group.entries()) found.set(request, pages[index] as ProgressPage)
      }
      return requests.map((request) => found.get(request) as ProgressPage)
    },
  }

  async function findGroup(requests: readonly ProgressPageRequest[]): Promise<readonly ProgressPage[]> {
    const playerIds = requests.map(({ playerId }) => playerId)
    const { rows } = await fixed<{ pages: string }>`
        with requests as materialized (select * from ${requestTable(requests)}),
        catalogues as materialized (
          select title_id, concat((
            select bit_xor(hash_record_extended(row (id, revision, list_order), 0))
            from achievements a where a.title_id = titles.title_id
          ), ' ', (select part_count from title_imports i where i.title_id = titles.title_id)) as hash
          from (select distinct title_id from requests) titles
        )
        select coalesce(json_agg(json_build_array(v.stamp, case when v.stamp is distinct from r.stamp then (
            select json_build_array(
              coalesce(json_agg(json_build_array(p.id, p.revision::text, p.list_order, ${PROGRESS_ITEMS})
                order by p.list_order, p.id), '[]'),
              coalesce(max(p.size_so_far) >= ${MAX_SIZE}, false))
            from (
              select a.id, a.revision, a.list_order, p.*, ${SIZE} as size,
                sum(${SIZE}) over (order by a.list_order, a.id rows unbounded preceding) as size_so_far
              from (
                select id, revision, list_order, lifecycle, window_start as current_window_start,
                  pg_column_size(definition) as definition_size
                from achievements where title_id = r.title_id
              ) a
              left join lateral (
                select achievement_id, state, values, reported_percent, percent, unlock_time, unlock_precision,
                  first_report_time, last_report_time, window_start, revoked, writer, extensions
                from progress
                where player_id = r.player_id and title_id = r.title_id and achievement_id = a.id
                  and ${fixedOfPlayers(sharding, 'player_id', playerIds)}
                offset 0
              ) p on true
              where (r.lists_all or ${IS_SHOWN})
                and (r.states = '' or ${CURRENT_STATE} = any(string_to_array(r.states, ' ')))
                and (r.returned = '' or ${DIGEST} not in (select unnest(string_to_array(r.returned, ' '))))
              order by a.list_order, a.id
              limit r.row_limit
            ) p where p.size_so_far - p.size < ${MAX_SIZE}) end) order by r.ordinal), '[]')::text as pages
        from requests r
        join catalogues c on c.title_id = r.title_id
        left join lateral (
          select id from events
          where player_id = r.player_id and ${fixedOfPlayers(sharding, 'player_id', playerIds)}
          order by id desc limit 1
        ) e on true
        cross join lateral (select concat(e.id, ' ', c.hash) as stamp) v`.execute(db)
    const pages = JSON.parse(rows[0]?.pages ?? '[]') as [string, StoredPage | null][]
    return pages.map(([stamp, page]) => {
      const [rows, isCut] = page ?? []
      return { stamp, rows: rows?.map(toAchievementProgress), isCut: isCut ?? false }
    })
  }
}

function toAchievementProgress([id, etag, listOrder, ...items]: Row): AchievementProgress {
  return { id, etag, listOrder, progress: progressFromItems(items) }
}

function requestTable(requests: readonly ProgressPageRequest[]) {
  return table('r', {
    ordinal: ['integer', requests.map((_, index) => index)],
    player_id: ['text', requests.map(({ playerId }) => playerId)],
    title_id: ['text', requests.map(({ titleId }) => titleId)],
    stamp: ['text', requests.map(({ stamp }) => stamp)],
    states: ['text', requests.map(({ states }) => states.join(' '))],
    returned: ['text', requests.map(({ returned }) => returned.join(' '))],
    lists_all: ['boolean', requests.map(({ listsAll = false }) => listsAll)],
    row_limit: ['integer', requests.map(({ limit }) => limit)],
  })
}
