import { useEffect, useState } from 'preact/hooks'
import type { EventJson } from '../../../clients/typescript/gen/laurel/v1/event_pb.js'
import { allPages, api } from '../../api.ts'
import { useEvents } from '../../parts/use-events.ts'
import { isUnlock, MINUTES, type UnlockMinutes, withUnlocks } from './unlock-minutes.ts'

const SHOWN_EVENTS = 200
/** Of the unlocks before the page was opened, the newest are counted. */
const [PAGE_SIZE, MAX_PAGES] = [1000, 10]

interface Live {
  /** The newest events first, of those since the page was opened. */
  readonly recent: readonly EventJson[]
  readonly minutes: UnlockMinutes
  /** The newest unlock of each achievement since midnight, by its id. */
  readonly today: ReadonlyMap<string, EventJson>
}

const EMPTY: Live = { recent: [], minutes: new Map(), today: new Map() }

/** Follows the events of a title, and counts its unlocks of the last hour and of today. */
export function useLive(titleId: string) {
  const [live, setLive] = useState(EMPTY)
  const [error, setError] = useState<unknown>()
  const stream = useEvents(titleId, (events) => setLive((before) => withEvents(before, events)))
  useEffect(() => {
    const controller = new AbortController()
    setLive(EMPTY)
    setError(undefined)
    loadUnlocks(titleId, controller.signal).then(
      (events) => controller.signal.aborted || setLive((before) => withPast(before, events)),
      (thrown) => controller.signal.aborted || setError(thrown),
    )
    return () => controller.abort()
  }, [titleId])
  return { ...live, isConnected: stream.isConnected, error: stream.error ?? error }
}

async function loadUnlocks(titleId: string, signal: AbortSignal): Promise<readonly EventJson[]> {
  const begin = new Date(Math.min(midnight(), Date.now() - MINUTES * 60_000))
  const events: EventJson[] = []
  let pages = 0
  const list = (pageToken: string) =>
    api.events.listEvents(
      {
        titleId,
        kinds: ['EVENT_KIND_UNLOCKED', 'EVENT_KIND_COMMUNITY_UNLOCKED'],
        startTime: begin.toISOString(),
        pageSize: PAGE_SIZE,
        pageToken,
      },
      signal,
    )
  for await (const page of allPages(list)) {
    events.push(...(page.events ?? []))
    pages += 1
    if (pages === MAX_PAGES) break
  }
  return events
}

function withEvents(live: Live, events: readonly EventJson[]): Live {
  const newestFirst = [...events].reverse()
  return {
    recent: [...newestFirst, ...live.recent].slice(0, SHOWN_EVENTS),
    minutes: withUnlocks(live.minutes, events),
    today: withToday(live.today, events),
  }
}

/** Adds unlocks from before the stream; the first of them may be in both. */
function withPast(live: Live, events: readonly EventJson[]): Live {
  const known = new Set(live.recent.map(({ eventId }) => eventId))
  const past = events.filter(({ eventId }) => !known.has(eventId)).reverse()
  return {
    ...live,
    minutes: withUnlocks(live.minutes, past),
    today: new Map([...withToday(new Map(), past), ...live.today]),
  }
}

function withToday(today: Live['today'], events: readonly EventJson[]): Live['today'] {
  const begin = midnight()
  const after = new Map(today)
  for (const event of events) {
    if (isUnlock(event) && Date.parse(event.time ?? '') >= begin) after.set(event.achievementId ?? '', event)
  }
  return after
}

/** Of the reader's day. */
function midnight(): number {
  return new Date().setHours(0, 0, 0, 0)
}
