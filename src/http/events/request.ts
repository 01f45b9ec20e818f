import { invalidArgument, type Violation } from '../../model/errors.ts'
import { EVENT_KINDS, type EventKind } from '../../model/event.ts'
import { LIMITS } from '../../model/limits.ts'
import { isLongerThan } from '../../model/text-length.ts'
import type { WatchProgress } from '../../service/events/watch-progress.ts'

/** `lastEventId` is for clients that cannot send the `Last-Event-ID` header. */
const SINGLE_PARAMETERS = ['title_id', 'view', 'from_oldest', 'resume_token', 'lastEventId']
const REPEATED_PARAMETERS = ['player_id', 'achievement_id', 'kind']
const VIEWS = ['full', 'player'] as const
const SWITCH = ['false', 'true'] as const

/**
 * Reads the query of a watch.
 * @param lastEventId the header that a reconnecting browser sends; newer than the token in the URL
 * @throws LaurelError INVALID_ARGUMENT with all violations. Unknown parameters are rejected: a misspelt filter would
 *   silently match everything.
 */
export function readWatch(
  query: URLSearchParams,
  lastEventId: string | undefined,
): Omit<WatchProgress, 'heartbeatMilliseconds'> {
  const violations: Violation[] = []
  const add = (field: string, message: string) => violations.push({ field, message })
  for (const name of new Set(query.keys())) {
    if (SINGLE_PARAMETERS.includes(name)) {
      if (query.getAll(name).length > 1) add(name, 'must be given once')
    } else if (!REPEATED_PARAMETERS.includes(name)) {
      const known = [...SINGLE_PARAMETERS.slice(0, -1), ...REPEATED_PARAMETERS].join(', ')
      add(JSON.stringify(name.slice(0, LIMITS.id)), `is none of ${known}`)
    }
  }
  const id = (name: string, value: string) => {
    const problem = problemWithId(value)
    if (problem !== undefined) add(name, problem)
    return value
  }
  const ids = (name: string) => {
    const given = new Set(query.getAll(name))
    if (given.size > LIMITS.filterIds) add(name, `must be given at most ${LIMITS.filterIds} times`)
    return [...given].map((value) => id(name, value))
  }
  const choice = <Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]) => {
    const value = query.get(name) || choices[0]
    const found = choices.find((known) => known === value)
    if (found === undefined) add(name, `must be ${choices.join(' or ')}`)
    return found ?? choices[0]
  }
  const kinds = [...new Set(query.getAll('kind'))]
  if (!kinds.every(isKind)) add('kind', `must be one of ${EVENT_KINDS.join(', ')}`)
  const watch = {
    titleId: id('title_id', query.get('title_id') ?? ''),
    filter: {
      kinds: kinds.filter(isKind),
      achievementIds: ids('achievement_id'),
      playerIds: ids('player_id'),
    },
    resumeToken: lastEventId || query.get('lastEventId') || query.get('resume_token') || undefined,
    fromOldest: choice('from_oldest', SWITCH) === 'true',
    view: choice('view', VIEWS),
  }
  if (violations.length > 0) throw invalidArgument(violations)
  return watch
}

function problemWithId(value: string): string | undefined {
  if (value === '') return 'must be set'
  if (isLongerThan(value, LIMITS.id)) return `must be at most ${LIMITS.id} characters`
  return /\p{Cc}/u.test(value) ? 'must not hold control characters' : undefined
}

function isKind(text: string): text is EventKind {
  return EVENT_KINDS.some((kind) => kind === text)
}
