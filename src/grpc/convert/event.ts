import {
  type EventFilter as EventFilterMessage,
  EventKind as EventKindOnWire,
  type Event as EventMessage,
} from '../../gen/laurel/v1/event.ts'
import { EventOrder } from '../../gen/laurel/v1/event_service.ts'
import { ProgressState } from '../../gen/laurel/v1/progress.ts'
import {
  ALL_EVENTS,
  type Event,
  type EventFilter,
  type EventKind,
  type EventWithProgress,
  hasProgress,
} from '../../model/event.ts'
import { LIMITS } from '../../model/limits.ts'
import type { ListEvents } from '../../service/events/list-events.ts'
import { readList } from './collections.ts'
import { STATES_ON_WIRE, writeProgress } from './progress.ts'
import { type Choices, readChoice, readId } from './scalars.ts'
import { writeInstant, writeOptionalInstant } from './time.ts'
import type { Violations } from './violations.ts'

const KINDS: Choices<EventKindOnWire, EventKind> = {
  [EventKindOnWire.UNSPECIFIED]: undefined,
  [EventKindOnWire.PROGRESSED]: 'progressed',
  [EventKindOnWire.UNLOCKED]: 'unlocked',
  [EventKindOnWire.REVOKED]: 'revoked',
  [EventKindOnWire.RESTORED]: 'restored',
  [EventKindOnWire.RESET]: 'reset',
  [EventKindOnWire.COMMUNITY_UNLOCKED]: 'community_unlocked',
  [EventKindOnWire.CLAIMED]: 'claimed',
  [EventKindOnWire.DEFINITION_CHANGED]: 'definition_changed',
  [EventKindOnWire.PLAYER_DELETED]: 'player_deleted',
  [EventKindOnWire.PLAYER_MERGED]: 'player_merged',
  [EventKindOnWire.PROGRESS_IMPORTED]: 'progress_imported',
}

const KINDS_ON_WIRE: Readonly<Record<EventKind, EventKindOnWire>> = {
  progressed: EventKindOnWire.PROGRESSED,
  unlocked: EventKindOnWire.UNLOCKED,
  revoked: EventKindOnWire.REVOKED,
  restored: EventKindOnWire.RESTORED,
  reset: EventKindOnWire.RESET,
  community_unlocked: EventKindOnWire.COMMUNITY_UNLOCKED,
  claimed: EventKindOnWire.CLAIMED,
  definition_changed: EventKindOnWire.DEFINITION_CHANGED,
  player_deleted: EventKindOnWire.PLAYER_DELETED,
  player_merged: EventKindOnWire.PLAYER_MERGED,
  progress_imported: EventKindOnWire.PROGRESS_IMPORTED,
}

const ORDERS: Choices<EventOrder, ListEvents['order']> = {
  [EventOrder.UNSPECIFIED]: 'newest_first',
  [EventOrder.NEWEST_FIRST]: 'newest_first',
  [EventOrder.OLDEST_FIRST]: 'oldest_first',
}

/** Writes the whole event: the use case redacts it for players. */
export function writeEvent(event: Event): EventMessage {
  return {
    eventId: String(event.id),
    titleId: event.titleId,
    playerId: event.playerId,
    achievementId: event.achievementId,
    kind: KINDS_ON_WIRE[event.kind],
    time: writeInstant(event.time),
    state: hasProgress(event.kind) ? STATES_ON_WIRE[event.state] : ProgressState.UNSPECIFIED,
    percent: event.percent,
    unlockTime: writeOptionalInstant(event.unlockTime),
    actor: event.actor,
    reason: event.reason,
    requestId: event.requestId,
    progress: undefined,
  }
}

export function writeEventWithProgress({ progress, ...event }: EventWithProgress): EventMessage {
  return { ...writeEvent(event), progress: progress && writeProgress(event, progress) }
}

export function readEventOrder(order: EventOrder, violations: Violations): ListEvents['order'] {
  return readChoice(order, ORDERS, EventOrder, 'order', violations)
}

/** Reads kinds without duplicates. */
export function readEventKinds(
  kinds: readonly EventKindOnWire[],
  field: string,
  violations: Violations,
): readonly EventKind[] {
  const read = readList(kinds, LIMITS.choices, field, violations, (kind, at) =>
    readChoice(kind, KINDS, EventKindOnWire, at, violations),
  )
  return unique(read)
}

/** Reads a filter without duplicates. An absent filter matches all events. */
export function readEventFilter(
  message: EventFilterMessage | undefined,
  field: string,
  violations: Violations,
): EventFilter {
  if (message === undefined) return ALL_EVENTS
  const ids = (name: 'achievementIds' | 'playerIds', wireName: string) =>
    unique(readList(message[name], LIMITS.filterIds, `${field}.${wireName}`, violations, readId))
  return {
    kinds: readEventKinds(message.kinds, `${field}.kinds`, violations),
    achievementIds: ids('achievementIds', 'achievement_ids'),
    playerIds: ids('playerIds', 'player_ids'),
  }
}

export function writeEventFilter({ kinds, achievementIds, playerIds }: EventFilter): EventFilterMessage {
  return {
    kinds: kinds.map((kind) => KINDS_ON_WIRE[kind]),
    achievementIds: [...achievementIds],
    playerIds: [...playerIds],
  }
}

function unique<Value>(values: readonly Value[]): readonly Value[] {
  return [...new Set(values)]
}
