import { createHash } from 'node:crypto'
import { DecodeError } from '../../dialect/decode-error.ts'
import { JsonSyntaxError, parseJson } from '../../dialect/json-text.ts'
import { formatPath } from '../../dialect/losses.ts'
import type { Listing, SourcePage, SourceRequest, SourceTarget } from '../../dialect/source.ts'
import { formatJson, parseExactJson } from '../../model/exact-json.ts'
import type { JsonValue } from '../../model/json.ts'
import type { HttpResponse, Target } from '../../outbound/contract.ts'
import { type Credentials, redactCredential } from '../../outbound/credentials.ts'
import { sendRetrying } from '../../outbound/retrying.ts'
import { Failure } from '../failure.ts'
import type { PageCursor } from './state.ts'

/** More than any real list has. */
const MAX_PAGES = 1000
const MAX_SHOWN_CHARACTERS = 200

/** A list that cannot be read and where a retry does not help: the platform refuses it, or a response is no page of it. */
export class PullRefused extends Error {
  override readonly name = 'PullRefused'
  readonly request: string
  /** JSON path in the response; empty if it is about all of it. */
  readonly path: string
  readonly reason: string
  /** Whether the platform refused the credential. */
  readonly unauthenticated: boolean

  constructor(request: string, reason: string, message: string, path = '', unauthenticated = false) {
    super(message)
    this.request = request
    this.reason = reason
    this.path = path
    this.unauthenticated = unauthenticated
  }
}

export interface PulledPage extends SourcePage {
  /** Path of the request. */
  readonly request: string
  /** Continues the listing once this page is imported; undefined for the last page. */
  readonly cursor: PageCursor | undefined
}

export interface PlatformParts {
  readonly target: Target
  readonly credentials: Credentials
  /** The title that is pulled into: a credential may be limited to some titles. */
  readonly titleId: string
  /** How long the request for a page is retried. */
  readonly retrySeconds: number
}

/** A platform's live API, read with retries. */
export class Platform {
  readonly #parts: PlatformParts

  constructor(parts: PlatformParts) {
    this.#parts = parts
  }

  get host(): string {
    return this.#parts.target.host
  }

  /**
   * Yields the pages of a list, from its beginning or from the cursor of an earlier page.
   * @param credential reference to the value of the `Authorization` header; undefined for none
   * @throws PullRefused; Failure if the platform still fails after `retrySeconds`
   */
  async *pages(
    listing: Listing,
    source: SourceTarget,
    credential: string | undefined,
    from: PageCursor | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<PulledPage> {
    const requested = new Set<string>()
    let cursor = from
    do {
      const after = cursor?.after
      const request = refusing('', () => listing.ask(source, after))
      const response = await this.#get(request, credential, signal)
      const page = refusing(request.path, () => listing.read(response, source, after))
      const next = cursorAfter(request.path, page, cursor, requested)
      yield { ...page, request: request.path, cursor: next }
      cursor = next
    } while (cursor !== undefined)
  }

  async #get(
    { path, headers }: SourceRequest,
    credential: string | undefined,
    signal: AbortSignal,
  ): Promise<JsonValue> {
    const { target, credentials, titleId, retrySeconds } = this.#parts
    // Read for each page: an expired token may have been replaced.
    const secret = credential === undefined ? undefined : await credentials.read(credential, titleId)
    const authorization = secret === undefined ? {} : { authorization: secret }
    const request = {
      method: 'GET',
      path,
      headers: { accept: 'application/json', ...headers, ...authorization },
    } as const
    const retryPolicy = { maxAttempts: Number.POSITIVE_INFINITY, maxElapsedMilliseconds: retrySeconds * 1000 }
    const response = await sendRetrying(target, request, signal, retryPolicy)
    if (response.status === 200) return refusing(path, () => parsePage(response.body))
    throw this.#errorOf(path, response, secret)
  }

  #errorOf(path: string, { status, body }: HttpResponse, secret: string | undefined): Error {
    const shown = redactCredential(body, secret).slice(0, MAX_SHOWN_CHARACTERS).toWellFormed().trim()
    const message = `${this.host} answered ${status}${shown === '' ? '' : `: ${shown}`}`
    const isTransient = status === 429 || status >= 500
    if (isTransient)
      return new Failure([`${message} (retried for ${this.#parts.retrySeconds} s: --retry-for)`])
    return new PullRefused(path, `HTTP ${status}`, message, '', status === 401)
  }
}

/** Matches every number that a double cannot hold: written again, it would be another number. */
const MAY_OVERFLOW = /[eE]\+?\d{2}|\d{200}/

/**
 * Parses a page even if one of its texts is invalid (half of a surrogate pair, where a platform cut a name): the import
 * then refuses that entry alone.
 */
function parsePage(text: string): JsonValue {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof DecodeError) || MAY_OVERFLOW.test(text)) throw error
    return parseExactJson(text)
  }
}

/** Turns errors in a platform's response into `PullRefused`. */
function refusing<Value>(request: string, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError) {
      throw new PullRefused(request, 'NOT_A_PAGE', error.problem, formatPath(error.path))
    }
    if (error instanceof JsonSyntaxError) {
      throw new PullRefused(request, 'NOT_JSON', `the response is not JSON: ${error.message}`)
    }
    throw error
  }
}

/** @throws PullRefused for a list without an end */
function cursorAfter(
  request: string,
  { entries, next }: SourcePage,
  before: PageCursor | undefined,
  requested: Set<string>,
): PageCursor | undefined {
  const digest = createHash('sha256').update(formatJson(entries)).digest('hex')
  const refuse = (reason: string) => new PullRefused(request, 'ENDLESS', `the list does not end: ${reason}`)
  if (entries.length > 0 && digest === before?.digest) throw refuse('it returned the same page again')
  if (next === undefined) return undefined
  const pages = (before?.pages ?? 0) + 1
  if (next === before?.after || requested.has(next))
    throw refuse('it continues with a page that it returned before')
  if (pages >= MAX_PAGES) throw refuse(`it has more than ${MAX_PAGES} pages`)
  requested.add(next)
  return { after: next, pages, digest }
}
