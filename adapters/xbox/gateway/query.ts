import { invalidArgument } from '../../../src/model/errors.ts'

/** The parameters of a list. */
export interface ListQuery extends PageQuery {
  /** In decimal; empty for all titles that the player has anything in. */
  readonly titleIds: readonly string[]
  /** Only what the player has begun or has. */
  readonly unlockedOnly: boolean
  /** Whether the list has the definitions only, without the player's progress. */
  readonly possibleOnly: boolean
  /** Undefined for both. */
  readonly kind: 'persistent' | 'challenge' | undefined
  readonly orderBy: Order
}

export interface PageQuery {
  /** How many to leave out. */
  readonly start: number
  readonly maxItems: number
}

export type Order = 'unordered' | 'title' | 'unlocktime' | 'endingsoon'

const DEFAULT_ITEMS = 32
/** Of one answer; clients that ask for more follow the token. */
const MAX_ITEMS = 1000
const MOST_TITLES = 100
const LARGEST_TITLE_ID = 2 ** 32 - 1
const LARGEST_INTEGER = 2 ** 31 - 1

const BOOLEANS = { true: true, false: false, 1: true, 0: false } as const
const KINDS = { persistent: 'persistent', challenge: 'challenge', all: undefined } as const
const ORDERS = {
  unordered: 'unordered',
  title: 'title',
  unlocktime: 'unlocktime',
  endingsoon: 'endingsoon',
} as const

/** Ignores unknown parameters. @throws LaurelError naming a malformed parameter. */
export function readQuery(query: URLSearchParams): ListQuery {
  const said = saidIn(query)
  return {
    ...readPage(query),
    titleIds: readTitleIds(said.get('titleid')),
    unlockedOnly: choice(said, 'unlockedOnly', BOOLEANS) ?? false,
    possibleOnly: choice(said, 'possibleOnly', BOOLEANS) ?? false,
    kind: choice(said, 'types', KINDS),
    orderBy: choice(said, 'orderBy', ORDERS) ?? 'unordered',
  }
}

/** The token says where to go on; `0` is the start, where `skipItems` counts. */
export function readPage(query: URLSearchParams): PageQuery {
  const said = saidIn(query)
  // Tokens of contract 1 name a version of the list behind the offset.
  const token = said.get('continuationtoken')?.replace(/,.*$/s, '')
  const offset = integer(token, 'continuationToken') ?? 0
  const skipped = integer(said.get('skipitems'), 'skipItems') ?? 0
  const requested = integer(said.get('maxitems'), 'maxItems') || DEFAULT_ITEMS
  return { start: offset || skipped, maxItems: Math.min(requested, MAX_ITEMS) }
}

/** By name in lower case. A repeated parameter is a list, and one without a value is absent. */
function saidIn(query: URLSearchParams): ReadonlyMap<string, string> {
  const said = new Map<string, string>()
  for (const [name, value] of query) {
    const known = said.get(name.toLowerCase())
    if (value !== '') said.set(name.toLowerCase(), known === undefined ? value : `${known},${value}`)
  }
  return said
}

function readTitleIds(said = ''): readonly string[] {
  const titleIds = new Set<string>()
  for (const part of said.split(',').map((text) => text.trim())) {
    if (part === '') continue
    const number = /^\d{1,10}$/.test(part) ? Number(part) : Number.NaN
    if (!(number <= LARGEST_TITLE_ID)) throw bad('titleId', `decimal numbers up to ${LARGEST_TITLE_ID}`)
    titleIds.add(String(number))
  }
  if (titleIds.size > MOST_TITLES) throw bad('titleId', `at most ${MOST_TITLES} titles`)
  return [...titleIds]
}

function integer(said: string | undefined, name: string): number | undefined {
  if (said === undefined) return undefined
  const number = /^\d{1,10}$/.test(said) ? Number(said) : Number.NaN
  if (number <= LARGEST_INTEGER) return number
  throw bad(name, `a decimal number up to ${LARGEST_INTEGER}`)
}

function choice<Value>(
  said: ReadonlyMap<string, string>,
  name: string,
  values: Readonly<Record<string, Value>>,
): Value | undefined {
  const value = said.get(name.toLowerCase())?.toLowerCase()
  if (value === undefined) return undefined
  if (Object.hasOwn(values, value)) return values[value]
  throw bad(name, `one of ${Object.keys(values).join(', ')}`)
}

function bad(field: string, expected: string) {
  return invalidArgument([{ field, message: `must be ${expected}` }])
}
