import { expect, test } from 'vitest'
import { EventKind, Event as EventMessage, EventFilter as FilterMessage } from '../../gen/laurel/v1/event.ts'
import { ProgressState } from '../../gen/laurel/v1/progress.ts'
import { ALL_EVENTS, EVENT_KINDS, type Event } from '../../model/event.ts'
import { readEventFilter, writeEvent, writeEventFilter } from './event.ts'
import { Violations } from './violations.ts'

const event: Event = {
  id: 2n ** 63n - 1n,
  titleId: 'space-race',
  playerId: 'ann',
  achievementId: '__proto__',
  kind: 'unlocked',
  time: 13_584_791_403_087_016n,
  state: 'achieved',
  percent: 100,
  unlockTime: 13_584_791_403_087_016n,
  actor: 'tester',
  reason: 'why',
  requestId: 'once',
}
const sent = (each: Event) => EventMessage.decode(EventMessage.encode(writeEvent(each)).finish())

test('an event is written completely, with its exact id and time', () => {
  const time = { seconds: 1_358_479_140n, nanos: 308_701_600 }
  expect(sent(event)).toEqual({
    eventId: '9223372036854775807',
    titleId: 'space-race',
    playerId: 'ann',
    achievementId: '__proto__',
    kind: EventKind.UNLOCKED,
    time,
    state: ProgressState.ACHIEVED,
    percent: 100,
    unlockTime: time,
    actor: 'tester',
    reason: 'why',
    requestId: 'once',
  })
})

test('a change of a definition has no player and no state', () => {
  const changed = { ...event, playerId: '', kind: 'definition_changed', state: 'not_started' } as const
  expect(sent(changed)).toMatchObject({ playerId: '', state: ProgressState.UNSPECIFIED })
})

test('every kind has its own name on the wire, and its own meaning in a filter', () => {
  const message = writeEventFilter({ ...ALL_EVENTS, kinds: EVENT_KINDS })
  expect(new Set(message.kinds).size).toBe(EVENT_KINDS.length)
  expect(message.kinds).not.toContain(EventKind.UNSPECIFIED)
  const violations = new Violations()
  expect(readEventFilter(message, 'filter', violations)).toEqual({ ...ALL_EVENTS, kinds: EVENT_KINDS })
  expect(violations.found).toEqual([])
})

test('an absent filter matches all events, and an invalid one reports the fields', () => {
  const violations = new Violations()
  expect(readEventFilter(undefined, 'filter', violations)).toEqual(ALL_EVENTS)
  const ids = Array.from({ length: 1001 }, (_, index) => String(index))
  const message = FilterMessage.fromPartial({
    kinds: [EventKind.RESET, 0],
    playerIds: [''],
    achievementIds: ids,
  })
  readEventFilter(message, 'filter', violations)
  const fields = violations.found.map(({ field }) => field)
  expect(fields).toEqual(['filter.kinds[1]', 'filter.achievement_ids', 'filter.player_ids[0]'])
})
