import { isJsonObject, type JsonValue } from '../model/json.ts'
import type { Binding } from '../model/title.ts'
import { DecodeError, describe } from './decode-error.ts'
import type { Path } from './losses.ts'

/**
 * Says how a platform's live API is read, a page at a time. Pure like an adapter: no I/O, no clock, no randomness. Who
 * sends the requests, when, how often and with which credential is for the one who pulls, and the same for all; and so
 * is what an entry says, which `decode` reads.
 */
export interface Source {
  /** Names of a title's binding that are missing, or that no request can carry: nothing can be asked without them. */
  lacks(binding: Binding): readonly string[]
  readonly definitions: Listing
  /** What players have. */
  readonly progress: ProgressListing
}

/** A list of the platform's, read by one GET a page. */
export interface Listing {
  /** Whether it is asked of an account, because the platform has no list of the title's own. */
  readonly ofAccount: boolean
  /**
   * The request for a page.
   * @param after what the page before gave as `next`; undefined for the first
   * @throws DecodeError where the account is none that a request can carry
   */
  ask(target: SourceTarget, after: string | undefined): SourceRequest
  /**
   * What the answer to that request holds.
   * @throws DecodeError for what is no page, with the path in it; nothing else
   */
  read(response: JsonValue, target: SourceTarget, after: string | undefined): SourcePage
}

export interface ProgressListing extends Listing {
  /** Whether it shows each player what they have themselves, so that each has to be asked for with their own credential. */
  readonly ownOnly: boolean
  /** Whether an achievement that is not in the list is one of which the player has nothing there. */
  readonly complete: boolean
}

/** Whom and what it is about, by the platform's names. */
export interface SourceTarget {
  /** Of which nothing is lacking. */
  readonly binding: Binding
  /** Undefined where a listing is of no account. */
  readonly account: string | undefined
  /** BCP-47 tag of the texts to ask for, where the platform answers in one language. */
  readonly locale: string
}

/** A GET below the URL of the platform's API. */
export interface SourceRequest {
  /** Begins with a slash; encoded. */
  readonly path: string
  /** Lower case names, without authorization. */
  readonly headers: Readonly<Record<string, string>>
}

export interface SourcePage {
  /** Where in the answer the entries stand. */
  readonly list: Path
  /** As the dialect's documents have them; what is none of them is for `decode` to refuse. */
  readonly entries: readonly JsonValue[]
  /** Where the next page begins; undefined for the last. */
  readonly next: string | undefined
  /** How many entries all pages have, where the platform says so. */
  readonly total: number | undefined
}

/**
 * The list at a place of an answer; a null there is an empty one, as Go writes it.
 * @throws DecodeError
 */
export function listIn(response: JsonValue, list: Path): readonly JsonValue[] {
  const [member] = list
  const value = member === undefined ? response : membersOf(response)[member]
  if (value === null) return []
  if (Array.isArray(value)) return value as readonly JsonValue[]
  throw new DecodeError(list, `expected a list, but found ${describe(value)}`)
}

/** The members of what stands beside the list; of nothing, none. */
export function membersOf(
  value: JsonValue | undefined,
  path: Path = [],
): Readonly<Record<string, JsonValue>> {
  if (isJsonObject(value)) return value
  if (value === undefined || value === null) return {}
  throw new DecodeError(path, `expected an object, but found ${describe(value)}`)
}
