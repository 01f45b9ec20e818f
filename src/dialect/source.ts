import { isJsonObject, type JsonValue } from '../model/json.ts'
import type { Binding } from '../model/title.ts'
import { DecodeError, describe } from './decode-error.ts'
import type { Path } from './losses.ts'

/**
 * Describes how to read a platform's live API, a page at a time. Pure like an adapter: no I/O, no clock, no randomness. `laurel pull`
 * sends the requests, retries them and adds the credential, the same for all platforms; `decode` reads the entries.
 */
export interface Source {
  /** The ids that are missing in a title's binding, or that no request can carry. If there are any, nothing can be read. */
  lacks(binding: Binding): readonly string[]
  readonly definitions: Listing
  /** The players' progress. */
  readonly progress: ProgressListing
}

/** A list of the platform, read by one GET a page. */
export interface Listing {
  /** Whether its requests name an account, because the platform has no list of the title itself. */
  readonly ofAccount: boolean
  /**
   * The request for a page.
   * @param after `next` of the previous page; undefined for the first page
   * @throws DecodeError for an account that no request can carry
   */
  ask(target: SourceTarget, after: string | undefined): SourceRequest
  /**
   * Reads the response to that request.
   * @throws DecodeError for a response that is not a page, with the path in it; nothing else
   */
  read(response: JsonValue, target: SourceTarget, after: string | undefined): SourcePage
}

export interface ProgressListing extends Listing {
  /** Whether a credential shows only its own player's progress, so that each player needs their own. */
  readonly ownOnly: boolean
  /** Whether the player has no progress on an achievement that is not in the list. */
  readonly complete: boolean
}

/** The title and account, by the platform's names. */
export interface SourceTarget {
  /** A binding for which `lacks` is empty. */
  readonly binding: Binding
  /** Undefined for a listing that names no account. */
  readonly account: string | undefined
  /** BCP-47 tag to request, if the platform responds in one language. */
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
  /** The path of the list in the response. */
  readonly list: Path
  /** Entries of the dialect; `decode` refuses any that are not. */
  readonly entries: readonly JsonValue[]
  /** The cursor of the next page; undefined for the last page. */
  readonly next: string | undefined
  /** The number of entries of all pages, if the platform says it. */
  readonly total: number | undefined
}

/**
 * Returns the list at a path of a response; null is an empty list, as Go writes it.
 * @throws DecodeError
 */
export function listIn(response: JsonValue, list: Path): readonly JsonValue[] {
  const [member] = list
  const value = member === undefined ? response : membersOf(response)[member]
  if (value === null) return []
  if (Array.isArray(value)) return value as readonly JsonValue[]
  throw new DecodeError(list, `expected a list, but found ${describe(value)}`)
}

/** The members of an object; none if it is absent or null. */
export function membersOf(
  value: JsonValue | undefined,
  path: Path = [],
): Readonly<Record<string, JsonValue>> {
  if (isJsonObject(value)) return value
  if (value === undefined || value === null) return {}
  throw new DecodeError(path, `expected an object, but found ${describe(value)}`)
}
