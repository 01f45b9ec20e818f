import type { Kysely } from 'kysely'
import type { CallerKey } from '../../model/caller-key.ts'
import type { EventKind } from '../../model/event.ts'
import type { Progress, ProgressKey, ProgressResult } from '../../model/progress.ts'
import { forEachGroup, type Sharding } from '../citus/sharding.ts'
import type { NewEvent } from '../events/event-rows.ts'
import {
  type Columns,
  clusterFragment,
  fixed,
  fixedOfPlayers,
  fixedUnexpired,
  fragment,
  table,
} from '../fixed-statement.ts'
import type { PlayerRequestKey, RequestKey } from '../idempotency.ts'
import type { Tables } from '../schema.ts'
import {
  PROGRESS_FACTS,
  PROGRESS_ITEMS,
  PROGRESS_KEY,
  type ProgressItems,
  type ProgressRecord,
  progressFromItems,
  progressRows,
} from './progress-rows.ts'

/** A change of one player's progress. Its event carries the progress after it. */
export interface ProgressChange
  extends ProgressRecord,
    Pick<NewEvent, 'kind' | 'time' | 'actor' | 'reason' | 'requestId' | 'silent'> {
  /** Set if the event is also the stored response to the request. */
  readonly response?: ChangeResponse | undefined
  /** The value of a `traceparent` header, if the call that causes it is recorded. */
  readonly traceParent?: string | undefined
  /** By how much it changes the number of players who have unlocked the achievement. */
  readonly unlockChange: number
}

/** The parts of a stored response that its event does not have. */
export interface ChangeResponse extends Pick<RequestKey, 'requestKey'> {
  readonly caller: CallerKey
  /** Of the request. */
  readonly digest: string
  /** The requirements that were not met. */
  readonly missing: readonly string[]
}

/** An event that is the stored response to a report. */
export interface RecordedResponse extends PlayerRequestKey {
  readonly eventId: bigint
  readonly caller: CallerKey
  readonly digest: string
  readonly result: ProgressResult
}

const EVENT = ['kind', 'time', 'actor', 'reason', 'request_id', 'silent', 'unlock_change', 'trace_parent']
const RESPONSE = ['caller', 'request_key', 'digest', 'missing']
// The actor of a change is the writer of the progress after it.
const AFTER = PROGRESS_FACTS.filter((name) => name !== 'writer' && name !== 'extensions')

/** For statements that insert the events of changes: the columns, and their values in `changeRows`. */
export const CHANGE_EVENT_COLUMNS = fragment(
  [...PROGRESS_KEY, ...EVENT, ...RESPONSE, ...AFTER, 'extensions'].join(', '),
)
export const CHANGE_EVENT_VALUES = fragment(
  [...PROGRESS_KEY, ...EVENT, ...RESPONSE, ...AFTER, `nullif(extensions, '{}') as extensions`].join(', '),
)
/** The same with ids of events that were taken before. */
export const NUMBERED_EVENT_COLUMNS = clusterFragment(`id, ${CHANGE_EVENT_COLUMNS.fragment}`)
export const NUMBERED_EVENT_VALUES = clusterFragment(`event_id, ${CHANGE_EVENT_VALUES.fragment}`)

/** Rows of changes. A row without a kind is no change, and has the progress as it is. */
export function changeRows(
  changes: readonly (Omit<ProgressChange, 'kind'> & { readonly kind: EventKind | undefined })[],
): Columns {
  return {
    ...progressRows(changes),
    kind: ['text', changes.map(({ kind }) => kind)],
    time: ['bigint', changes.map(({ time }) => time)],
    actor: ['text', changes.map(({ actor }) => actor)],
    reason: ['text', changes.map(({ reason }) => reason)],
    request_id: ['text', changes.map(({ requestId }) => requestId)],
    silent: ['boolean', changes.map(({ silent = false }) => silent)],
    unlock_change: ['smallint', changes.map(({ unlockChange }) => unlockChange || undefined)],
    trace_parent: ['text', changes.map(({ traceParent }) => traceParent)],
    caller: ['text', changes.map(({ response }) => response?.caller)],
    request_key: ['uuid', changes.map(({ response }) => response?.requestKey)],
    digest: ['text', changes.map(({ response }) => response?.digest)],
    missing: ['text', changes.map(({ response }) => missingText(response?.missing))],
  }
}

/** Returns null for none, as in most events. */
function missingText(missing: readonly string[] | undefined): string | undefined {
  return missing === undefined || missing.length === 0 ? undefined : JSON.stringify(missing)
}

/** Responses per page of `listRecordedOfPlayer`. */
const PAGE_SIZE = 1_000

export function progressChangeQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    /** Inserts the events of changes, numbered in their order, in the transaction of the changes. */
    async insertEvents(changes: readonly ProgressChange[]): Promise<void> {
      await fixed`insert into events (${CHANGE_EVENT_COLUMNS})
        select ${CHANGE_EVENT_VALUES} from ${table('r', changeRows(changes))}`.execute(db)
    },

    /** Returns the reports of these requests that changed progress, in no order. */
    listRecorded: (requests: readonly RequestKey[]): Promise<readonly RecordedResponse[]> =>
      forEachGroup(sharding, requests, ({ playerId }) => playerId, listRecorded),

    /** Returns the next stored responses of a player after an event. */
    async listRecordedOfPlayer(playerId: string, after: bigint): Promise<readonly RecordedResponse[]> {
      const { rows } = await fixed<ResponseRow>`
        select ${RESPONSE_COLUMNS} from (
          select ${EVENT_COLUMNS} from events
          where player_id = ${playerId} and id > ${after}::bigint and request_key is not null
          order by id limit ${PAGE_SIZE}
        ) p`.execute(db)
      return rows.map(toRecorded)
    },
  }

  async function listRecorded(requests: readonly RequestKey[]): Promise<readonly RecordedResponse[]> {
    const { rows } = await fixed<ResponseRow>`
        select ${RESPONSE_COLUMNS} from ${requestTable(requests)}
        cross join lateral (
          select ${EVENT_COLUMNS} from events
          where player_id = k.player_id and request_key = k.request_key
            and ${fixedOfPlayers(
              sharding,
              'player_id',
              requests.map(({ playerId }) => playerId),
            )} and ${fixedUnexpired(sharding.oldestRequest)}
        ) p`.execute(db)
    return rows.map(toRecorded)
  }
}

/** The columns of an event, and of the progress after it, as `PROGRESS_ITEMS` reads them. */
export const EVENT_COLUMNS = fragment(
  [
    'id',
    ...PROGRESS_KEY,
    ...EVENT,
    ...RESPONSE,
    ...AFTER,
    'actor as writer',
    `coalesce(extensions, '{}') as extensions`,
  ].join(', '),
)
const RESPONSE_COLUMNS =
  fragment(`p.id as "eventId", p.player_id as "playerId", p.title_id as "titleId", p.achievement_id as "achievementId",
  p.request_id as "requestId", p.caller, p.digest, p.missing, p.kind, json_build_array(${PROGRESS_ITEMS.fragment})::text as items`)

interface ResponseRow extends ProgressKey {
  readonly eventId: bigint
  readonly requestId: string
  readonly caller: CallerKey
  readonly digest: string
  readonly missing: string | null
  readonly kind: EventKind
  readonly items: string
}

function toRecorded({
  missing,
  kind,
  items,
  eventId,
  requestId,
  caller,
  digest,
  ...key
}: ResponseRow): RecordedResponse {
  const progress = progressFromItems(JSON.parse(items) as ProgressItems) as Progress
  const newlyUnlocked = kind === 'unlocked'
  const result = {
    ...key,
    progress,
    missing: missing === null ? [] : (JSON.parse(missing) as string[]),
    changed: true,
    newlyUnlocked,
    // A report moves achieved progress only if it was achieved before, or unlocks it.
    alreadyUnlocked: progress.state === 'achieved' && !newlyUnlocked,
  }
  return { eventId, playerId: key.playerId, requestId, caller, digest, result }
}

function requestTable(requests: readonly RequestKey[]) {
  return table('k', {
    player_id: ['text', requests.map(({ playerId }) => playerId)],
    request_key: ['uuid', requests.map(({ requestKey }) => requestKey)],
  })
}
