import type { StoredAchievement } from '../../model/achievement.ts'
import type { Instant } from '../../model/instant.ts'
import { NOT_STARTED, type ProgressKey } from '../../model/progress.ts'
import { type Columns, table } from '../fixed-statement.ts'
import { type PlayerResponse, type RequestKey, responseRows } from '../idempotency.ts'
import type { PlayerTitle } from './player-titles.ts'
import { changeRows, type ProgressChange } from './progress-changes.ts'

/** The changes to a player's progress on an achievement, and the state from which they were computed. */
export interface ProgressWrite {
  readonly key: ProgressKey
  /** The definition that the changes were computed from. */
  readonly definition: StoredAchievement
  /** The version that the row must still have; undefined for no row: a change inserts it. A new player title has a change. */
  readonly expectedVersion: bigint | undefined
  readonly isNewPlayerTitle: boolean
  /** In order. Without any, the write only checks the version. */
  readonly changes: readonly ProgressChange[]
  /** The player's totals as differences, and the time of the last unlock among the changes. */
  readonly totals: Pick<PlayerTitle, 'unlockedCount' | 'score' | 'lastUnlockTime'>
  /** To requests that changed nothing. */
  readonly responses: readonly (PlayerResponse & RequestKey)[]
}

export interface WrittenProgress<Write extends ProgressWrite> {
  readonly write: Write
  /** The row's version after it; undefined without a row. */
  readonly version: bigint | undefined
}

/** The ids that a statement for a shard takes from the coordinator. */
export interface ShardIds {
  /** `eventIdCount` new ids of events, ascending. */
  readonly newIds: readonly bigint[]
  /** As in `Sharding`. */
  readonly oldestRequest: bigint
}

/**
 * Returns the tables of values for `write`. An ordinal is the number of a write, from 1.
 * @param eventIds `eventIdCount` new ids, where the sequence of events is on another node
 */
export function tablesOf(writes: readonly ProgressWrite[], time: Instant, eventIds?: readonly bigint[]) {
  const all = <Item>(itemsOf: (write: ProgressWrite) => readonly Item[]) => {
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
  const [earlierOrdinals, earlier] = all(({ changes }) => (changes.length < 2 ? [] : changes.slice(0, -1)))
  const [responseOrdinals, responses] = all((write) => write.responses)
  const numbers = numbersOf(writes)
  const definitions = [...numbers.keys()]
  const last = writes.map((write) => write.changes.at(-1) ?? unchanged(write.key, time))
  return {
    definitions: table('d', {
      title_id: ['text', definitions.map(({ titleId }) => titleId)],
      id: ['text', definitions.map(({ id }) => id)],
      revision: ['bigint', definitions.map(({ etag }) => etag)],
      number: ['bigint', definitions.map((_, index) => index + 1)],
    }),
    progress: table('w', {
      ordinal: ['bigint', writes.map((_, index) => index + 1)],
      definition: ['bigint', writes.map(({ definition }) => numbers.get(definition))],
      expected_version: ['bigint', writes.map(({ expectedVersion }) => expectedVersion)],
      is_new_player_title: ['boolean', writes.map(({ isNewPlayerTitle }) => isNewPlayerTitle)],
      unlock_difference: ['integer', writes.map(({ totals }) => totals.unlockedCount)],
      score_difference: ['bigint', writes.map(({ totals }) => totals.score)],
      last_unlock_time: ['bigint', writes.map(({ totals }) => totals.lastUnlockTime)],
      ...eventIdColumn(eventIds?.slice(earlier.length)),
      ...changeRows(last),
    }),
    earlierChanges: table('r', {
      ordinal: earlierOrdinals,
      ...eventIdColumn(eventIds?.slice(0, earlier.length)),
      ...changeRows(earlier),
    }),
    responses: table('r', {
      ordinal: responseOrdinals,
      // An id puts a response into a partition, and names none: that of its write serves.
      ...eventIdColumn(
        eventIds && responseOrdinals[1].map((ordinal) => eventIds[earlier.length + ordinal - 1] as bigint),
      ),
      request_key: ['uuid', responses.map(({ requestKey }) => requestKey)],
      ...responseRows(responses),
    }),
  }
}

/** One for each change, and for each write without one. */
export function eventIdCount(writes: readonly ProgressWrite[]): number {
  return writes.reduce((sum, { changes }) => sum + Math.max(1, changes.length), 0)
}

function eventIdColumn(ids: readonly bigint[] | undefined): Columns {
  return ids === undefined ? {} : { event_id: ['bigint', ids] }
}

/** Returns the numbers of the writes' definitions, from 1. */
function numbersOf(writes: readonly ProgressWrite[]): ReadonlyMap<StoredAchievement, number> {
  const numbers = new Map<StoredAchievement, number>()
  for (const { definition } of writes) {
    if (!numbers.has(definition)) numbers.set(definition, numbers.size + 1)
  }
  return numbers
}

/** Returns the row of a write without a change. Its progress is not written. */
function unchanged(key: ProgressKey, time: Instant) {
  const none = { kind: undefined, actor: '', reason: '', requestId: '', unlockChange: 0 }
  return { ...key, progress: NOT_STARTED, time, ...none }
}
