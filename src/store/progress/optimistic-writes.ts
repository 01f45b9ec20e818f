import type { Kysely } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import { NOT_STARTED, type Progress, type ProgressKey } from '../../model/progress.ts'
import { readInOrder, type Sharding } from '../citus/sharding.ts'
import {
  clusterFragment,
  fixed,
  fixedOfPlayers,
  fixedUnexpired,
  fragment,
  table,
} from '../fixed-statement.ts'
import { RESPONSE_COLUMNS, RESPONSE_VALUES } from '../idempotency.ts'
import type { Tables } from '../schema.ts'
import {
  CHANGE_EVENT_COLUMNS,
  CHANGE_EVENT_VALUES,
  NUMBERED_EVENT_COLUMNS,
  NUMBERED_EVENT_VALUES,
} from './progress-changes.ts'
import {
  assignments,
  FIRST_VERSION,
  PROGRESS_COLUMNS,
  PROGRESS_ITEMS,
  type ProgressItems,
  progressFromItems,
} from './progress-rows.ts'
import { type ProgressWrite, type ShardIds, tablesOf, type WrittenProgress } from './progress-writes.ts'

/** A player's progress on an achievement, read without a lock. */
export interface ProgressSnapshot {
  /** Undefined without a row: before the first report. */
  readonly version: bigint | undefined
  readonly progress: Progress
  /** Whether the player has no row of the title. */
  readonly isNewPlayerTitle: boolean
  readonly isNewPlayer: boolean
}

/**
 * Optimistic concurrency: `snapshots` reads without a lock, `write` writes only if nothing changed since.
 *
 * Rows of players are looked up one by one (`lateral`, or a subquery with a limit), by their whole key: the plan of a join
 * depends on statistics, and tables that fill up from empty have none for a minute.
 */
export function optimisticWriteQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    /** Returns a snapshot for each key, in their order. */
    async snapshots(keys: readonly ProgressKey[]): Promise<readonly ProgressSnapshot[]> {
      if (!sharding.isDistributed) return readSnapshots(db, sharding, keys)
      const groups = sharding.groups(keys, ({ playerId }) => playerId).map((group) => ({ group }))
      return readInOrder(keys, groups, ({ group }) => readSnapshots(db, sharding, group))
    },

    /**
     * Writes changes to progress: see `writeProgress`. Through the coordinator of a cluster it writes none, because Citus does not support
     * the statement: the node that has the player's rows runs it.
     */
    async write<Write extends ProgressWrite>(
      writes: readonly Write[],
      time: Instant,
    ): Promise<readonly WrittenProgress<Write>[]> {
      return sharding.isDistributed ? [] : writeProgress(db, writes, time)
    },
  }
}

/**
 * Writes changes to progress and returns the writes that were done, with the new versions. A write is left out if its row has
 * another version or exists already, a request has a stored response (or its id one of any caller, if it is no event), its
 * definition has another revision, or another transaction holds a lock on a row that it needs: the statement waits for no
 * lock. The player's row of the title is inserted if it is new, updated if the totals change, and locked if progress is
 * inserted.
 *
 * A write is one row with its last change; a few have further changes or responses, which refer to it by its ordinal.
 * Ordinals are looked up by `not in`, or by an `in` that ends in `is true`: so the planner keeps them in a hash, however
 * many or few it expects, and never compares each with each.
 * @param shard for a shard
 */
export async function writeProgress<Write extends ProgressWrite>(
  db: Kysely<Tables>,
  writes: readonly Write[],
  time: Instant,
  shard?: ShardIds,
): Promise<readonly WrittenProgress<Write>[]> {
  const { definitionLock, firstVersion, eventColumns, eventValues, responseColumns, responseValues } =
    shard === undefined ? ON_ONE_DATABASE : ON_SHARD
  const { definitions, progress, earlierChanges, responses } = tablesOf(writes, time, shard?.newIds)
  const isStored = (alias: string) => isStoredSince(alias, shard?.oldestRequest)
  const { rows } = await fixed<{ ordinal: bigint; version: bigint | null }>`
    with current_definitions as (
      select d.number from ${definitions}
      cross join lateral (
        select from achievements where title_id = d.title_id and id = d.id and revision = d.revision
        ${definitionLock}
      ) a
    ),
    earlier_changes as materialized (select * from ${earlierChanges}),
    responses as materialized (select * from ${responses}),
    repeated as (
      select ordinal from (
        select ordinal, player_id, request_id, request_key from responses
        union all select ordinal, player_id, request_id, request_key from earlier_changes where request_key is not null
      ) r where ${isStored('r')}
    ),
    candidates as materialized (
      select * from ${progress}
      where (w.definition in (select number from current_definitions)) is true
        and w.ordinal not in (select ordinal from repeated)
        and not (w.request_key is not null and ${isStored('w')})
    ),
    locked as (
      select w.*, p.tid, s.tid as player_title_tid, null::bigint as version from candidates w
      cross join lateral (
        select ctid as tid from progress
        where player_id = w.player_id and title_id = w.title_id and achievement_id = w.achievement_id
          and version = w.expected_version
        for no key update skip locked
      ) p
      left join lateral (
        select ctid as tid from player_titles
        where w.unlock_difference <> 0 and player_id = w.player_id and title_id = w.title_id
        for no key update skip locked
      ) s on true
      where w.unlock_difference = 0 or s.tid is not null
    ),
    new_player_titles as (
      insert into player_titles (player_id, title_id, unlocked_count, score, last_unlock_time)
      select w.player_id, w.title_id, sum(w.unlock_difference), sum(w.score_difference), max(w.last_unlock_time)
      from candidates w
      cross join lateral (select from players where id = w.player_id for key share skip locked) p
      where w.is_new_player_title
      group by w.player_id, w.title_id order by w.player_id, w.title_id
      on conflict (player_id, title_id) do nothing
      returning player_id, title_id
    ),
    insertable as (
      select w.*, null::tid as tid, null::tid as player_title_tid, ${firstVersion} as version from candidates w
      where w.is_new_player_title
        and ((w.player_id, w.title_id) in (select player_id, title_id from new_player_titles)) is true
      union all
      select w.*, null, s.tid, ${firstVersion} from candidates w
      cross join lateral (
        select ctid as tid from player_titles where player_id = w.player_id and title_id = w.title_id
        for no key update skip locked
      ) s
      where w.expected_version is null and not w.is_new_player_title
    ),
    new_progress as (
      insert into progress (${PROGRESS_COLUMNS}, version)
      select ${PROGRESS_COLUMNS}, version from insertable where kind is not null
      on conflict (player_id, title_id, achievement_id) do nothing
      returning player_id, title_id, achievement_id
    ),
    written as (
      select * from locked
      union all
      select * from insertable
      where ((player_id, title_id, achievement_id) in (select * from new_progress)) is true
        or kind is null and ${IS_ABSENT}
    ),
    updated_progress as (
      update progress p set ${ASSIGNMENTS}, version = p.version + 1
      from locked w where p.ctid = w.tid and w.kind is not null
    ),
    updated_player_titles as (
      update player_titles s set unlocked_count = s.unlocked_count + w.unlock_difference,
        score = s.score + w.score_difference,
        last_unlock_time = greatest(s.last_unlock_time, w.last_unlock_time)
      from (
        select player_title_tid, sum(unlock_difference) as unlock_difference, sum(score_difference) as score_difference,
          max(last_unlock_time) as last_unlock_time
        from written where unlock_difference <> 0 and player_title_tid is not null group by player_title_tid
      ) w where s.ctid = w.player_title_tid
    ),
    new_events as (
      insert into events (${eventColumns})
      select * from (
        select ${eventValues} from earlier_changes
        where (ordinal in (select ordinal from written)) is true
        union all
        select ${eventValues} from written where kind is not null
      ) e
    ),
    new_responses as (
      insert into player_requests (${responseColumns}, create_time)
      select ${responseValues}, ${time}::bigint from responses
      where (ordinal in (select ordinal from written)) is true
    )
    select ordinal, null::bigint as version from generate_series(1, ${writes.length}::bigint) as ordinal
    where ordinal not in (select ordinal from written)
    union all select ordinal, version from written where version is not null and kind is not null`.execute(db)
  // An existing row that was written is not among them.
  const newVersions = new Map(rows.map(({ ordinal, version }) => [Number(ordinal), version]))
  return writes.flatMap((write, index) => {
    const version = newVersions.get(index + 1) ?? nextVersion(write)
    return newVersions.get(index + 1) === null ? [] : [{ write, version }]
  })
}

/** Returns a snapshot for each key, in their order. A row of progress has a row of its title, which is looked up only for the first report. */
export async function readSnapshots(
  db: Kysely<Tables>,
  sharding: Sharding,
  keys: readonly ProgressKey[],
): Promise<readonly ProgressSnapshot[]> {
  const playerIds = keys.map(({ playerId }) => playerId)
  const { rows } = await fixed<{ snapshots: string }>`
      select coalesce(json_agg(json_build_array(p.version::text, p.version is null and s.found is null,
          p.version is null and s.found is null and not exists (select from players where id = k.player_id
            and ${fixedOfPlayers(sharding, 'id', playerIds)}), ${PROGRESS_ITEMS}
        ) order by k.ordinal), '[]')::text as snapshots
      from ${keyTable(keys)}
      left join lateral (
        select ${PROGRESS_COLUMNS}, version from progress
        where player_id = k.player_id and title_id = k.title_id and achievement_id = k.achievement_id
          and ${fixedOfPlayers(sharding, 'player_id', playerIds)} limit 1
      ) p on true
      left join lateral (
        select true as found from player_titles
        where p.version is null and player_id = k.player_id and title_id = k.title_id
          and ${fixedOfPlayers(sharding, 'player_id', playerIds)} limit 1
      ) s on true`.execute(db)
  const found = JSON.parse(rows[0]?.snapshots ?? '[]') as SnapshotRow[]
  return found.map(toSnapshot)
}

/** Returns the version of a row that was not inserted. */
function nextVersion({ expectedVersion, changes }: ProgressWrite): bigint | undefined {
  return expectedVersion === undefined || changes.length === 0 ? expectedVersion : expectedVersion + 1n
}

const ON_ONE_DATABASE = {
  definitionLock: fragment('for key share skip locked'),
  firstVersion: FIRST_VERSION,
  eventColumns: CHANGE_EVENT_COLUMNS,
  eventValues: CHANGE_EVENT_VALUES,
  responseColumns: RESPONSE_COLUMNS,
  responseValues: RESPONSE_VALUES,
}

/** A change of definitions locks the coordinator's copy for itself, and the others only by its update: no key-share lock waits for that. */
const ON_SHARD = {
  definitionLock: clusterFragment('for share skip locked'),
  // The sequence of the node is another one, which rises with nothing.
  firstVersion: clusterFragment('w.event_id'),
  eventColumns: NUMBERED_EVENT_COLUMNS,
  eventValues: NUMBERED_EVENT_VALUES,
  responseColumns: clusterFragment(`id, ${RESPONSE_COLUMNS.fragment}`),
  responseValues: clusterFragment(`event_id, ${RESPONSE_VALUES.fragment}`),
}

const IS_ABSENT = fragment(`(select true from progress p where p.player_id = insertable.player_id
  and p.title_id = insertable.title_id and p.achievement_id = insertable.achievement_id limit 1) is not true`)

const ASSIGNMENTS = fragment(assignments('w'))

/** Whether the request in a row of the alias has a stored response. */
function isStoredSince(alias: string, lowestId: bigint | undefined) {
  const find = (table: string, name: string) => [
    fragment(
      `(select true from ${table} where player_id = ${alias}.player_id and ${name} = ${alias}.${name} and `,
    ),
    fixedUnexpired(lowestId),
    fragment(' limit 1) is true'),
  ]
  return [
    fragment('('),
    ...find('player_requests', 'request_id'),
    fragment(' or '),
    ...find('events', 'request_key'),
    fragment(')'),
  ]
}

type SnapshotRow = readonly [
  version: string | null,
  isNewPlayerTitle: boolean,
  isNewPlayer: boolean,
  ...ProgressItems,
]

function toSnapshot([version, isNewPlayerTitle, isNewPlayer, ...items]: SnapshotRow): ProgressSnapshot {
  return {
    version: version === null ? undefined : BigInt(version),
    isNewPlayerTitle,
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
