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
import type { Place } from './state.ts'

/** More than any list has: a platform that goes on beyond goes on for ever. */
const MOST_PAGES = 1000
const SHOWN_OF_BODY = 200

/** A list that cannot be had, whoever asks how often: what was asked for, and why not. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly request: string
  readonly path: string
  readonly reason: string
  /** Whether it is the credential that is refused. */
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
  /** The path of what was asked. */
  readonly request: string
  /** Where the listing goes on once this page is in; undefined if it was the last. */
  readonly cursor: Place | undefined
}

export interface PlatformParts {
  readonly target: Target
  readonly credentials: Credentials
  /** Into which is pulled: its credentials are used. */
  readonly titleId: string
  /** Seconds for which a page is tried. */
  readonly retryPolicy: number
}

/** A platform's live API, read with patience. */
export class Platform {
  readonly #parts: PlatformParts

  constructor(parts: PlatformParts) {
    this.#parts = parts
  }

  get host(): string {
    return this.#parts.target.host
  }

  /**
   * A list page by page, from its beginning or from a place that a page gave.
   * @param credential the reference of what is sent as `Authorization`; undefined for nothing
   * @throws Refused; Failure when the platform is away for longer than there is patience
   */
  async *pages(
    listing: Listing,
    about: SourceTarget,
    credential: string | undefined,
    from: Place | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<PulledPage> {
    const asked = new Set<string>()
    let cursor = from
    do {
      const after = cursor?.after
      const request = readable('', () => listing.ask(about, after))
      const response = await this.#get(request, credential, signal)
      const page = readable(request.path, () => listing.read(response, about, after))
      const next = cursorAfter(request.path, page, cursor, asked)
      yield { ...page, request: request.path, cursor: next }
      cursor = next
    } while (cursor !== undefined)
  }

  async #get(
    { path, headers }: SourceRequest,
    credential: string | undefined,
    signal: AbortSignal,
  ): Promise<JsonValue> {
    const { target, credentials, titleId, retryPolicy } = this.#parts
    // Read each time: a token that runs out may have been put in place anew.
    const secret = credential === undefined ? undefined : await credentials.read(credential, titleId)
    const given = { accept: 'application/json', ...headers }
    const authorized = secret === undefined ? given : { ...given, authorization: secret }
    const policy = { maxAttempts: Number.POSITIVE_INFINITY, maxElapsedMilliseconds: retryPolicy * 1000 }
    const response = await sendRetrying(target, { method: 'GET', path, headers: authorized }, signal, policy)
    if (response.status === 200) return readable(path, () => parsePage(response.body))
    throw refusalOf(path, response, this.host, secret)
  }
}

function refusalOf(
  path: string,
  { status, body }: HttpResponse,
  host: string,
  secret: string | undefined,
): Error {
  const shown = redactCredential(body, secret).slice(0, SHOWN_OF_BODY).toWellFormed().trim()
  const message = `${host} answered ${status}${shown === '' ? '' : `: ${shown}`}`
  const isPassing = status === 429 || status >= 500
  if (isPassing) return new Failure([`${message}, however often it was asked`])
  return new Refused(path, `HTTP ${status}`, message, '', status === 401)
}

/** Where a number may be beyond what a double holds, and would be written again as another one. */
const MAY_OVERFLOW = /[eE]\+?\d{2}|\d{200}/

/**
 * Text that no record can hold, such as half of a surrogate pair where a name was cut, is a fault of its entry alone, which
 * the import refuses by itself.
 */
function parsePage(text: string): JsonValue {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof DecodeError) || MAY_OVERFLOW.test(text)) throw error
    return parseExactJson(text)
  }
}

/** Whatever an answer is, it is read or refused. */
function readable<Value>(request: string, read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError) {
      throw new Refused(request, 'NOT_A_PAGE', error.problem, formatPath(error.path))
    }
    if (error instanceof JsonSyntaxError) {
      throw new Refused(request, 'NOT_JSON', `the answer is not JSON: ${error.message}`)
    }
    throw error
  }
}

/** @throws Refused for a list that never ends */
function cursorAfter(
  request: string,
  { entries, next }: SourcePage,
  before: Place | undefined,
  asked: Set<string>,
): Place | undefined {
  const digest = createHash('sha256').update(formatJson(entries)).digest('hex')
  const refuse = (why: string) => new Refused(request, 'ENDLESS', `the list does not end: ${why}`)
  if (entries.length > 0 && digest === before?.digest) throw refuse('it gives the same page again')
  if (next === undefined) return undefined
  const pages = (before?.pages ?? 0) + 1
  if (next === before?.after || asked.has(next)) throw refuse('it goes on at a page that it gave before')
  if (pages >= MOST_PAGES) throw refuse(`it has more than ${MOST_PAGES} pages`)
  asked.add(next)
  return { after: next, pages, digest }
}
