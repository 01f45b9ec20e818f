import { invalidArgument, LaurelError, type Violation } from '../model/errors.ts'
import type { LazySource } from '../model/migration-job.ts'
import type { Outbound, Target } from './contract.ts'
import { type Credentials, checkReference, MIN_REDACTED_CHARACTERS, redactCredential } from './credentials.ts'
import { isSecretParameter, pathBelow } from './url.ts'

/** A player's document. */
const MAX_RESPONSE_BYTES = 4 * 2 ** 20
const LIMITS = {
  connectTimeoutMilliseconds: 3_000,
  headersTimeoutMilliseconds: 10_000,
  bodyTimeoutMilliseconds: 5_000,
  totalTimeoutMilliseconds: 15_000,
  maxResponseBytes: MAX_RESPONSE_BYTES,
  requiresWholeResponse: true,
  maxInFlight: 32,
} as const

const ACCEPT = 'application/json, text/plain;q=0.9, */*;q=0.5'
/** Replaced by the credential, which is in no header then. */
const CREDENTIAL = '{credential}'
/** A value without a secret of its own. */
const IS_REFERENCE = /^\{(player|account)\}$|\{credential\}/

const HAS_NO_PLAYER: ReadonlySet<number> = new Set([204, 404, 410])

/** Returns a reader of players' documents. Each system has one target: its connections, its circuit breaker and its rate limit. */
export function createLazyFetcher(outbound: Outbound, credentials: Credentials) {
  const systems = new Map<string, System>()
  const systemOf = (origin: string) => {
    const system = systems.get(origin) ?? { target: outbound.to(origin, LIMITS), pausedUntil: 0 }
    systems.set(origin, system)
    return system
  }
  return {
    check: ({ url, credential }: LazySource): readonly Violation[] => [
      ...violationsOf(() => checkPath(outbound.checkUrl(partsOf(url).origin), partsOf(url).path, credential)),
      ...violationsOf(() => credential !== '' && checkReference(credential)),
    ],

    async fetch(
      { url, credential }: LazySource,
      titleId: string,
      player: Ids,
      signal: AbortSignal,
    ): Promise<Uint8Array | undefined> {
      const { origin, path } = partsOf(url)
      const system = systemOf(origin)
      const { target } = system
      // Failed at once, the player's calls do not wait meanwhile.
      if (performance.now() < system.pausedUntil) throw new Error(`${target.host} asked to be called later`)
      const secret = credential === '' ? undefined : await credentials.read(credential, titleId)
      const isInHeader = secret !== undefined && !path.includes(CREDENTIAL)
      const headers = { accept: ACCEPT, ...(isInHeader ? { authorization: secret } : {}) }
      const request = { method: 'GET', path: pathFor(path, player, secret), headers } as const
      const response = await target.send(request, signal)
      const { status, bytes, retryAfterMilliseconds } = response
      if (retryAfterMilliseconds !== undefined)
        system.pausedUntil = performance.now() + retryAfterMilliseconds
      if (status === 200) return withoutSecret(bytes, secret)
      if (HAS_NO_PLAYER.has(status)) return undefined
      throw new Error(`${target.host} answered ${status}`)
    },
  }
}

/** @throws LaurelError INVALID_FIELD for a text that is no URL, or has its placeholders in the host */
function partsOf(url: string): { readonly origin: string; readonly path: string } {
  const [, origin, path] = /^(https?:\/\/[^/?#{}\s]+)(\/[^#\s]*)$/i.exec(url) ?? []
  if (origin !== undefined && path !== undefined) return { origin, path }
  const message =
    'must be a URL with {player} or {account} in its path or query, such as https://old.example/players/{player}'
  throw invalidArgument([{ field: 'url', message }])
}

interface System {
  readonly target: Target
  /** As it asked; compared with `performance.now()`. */
  pausedUntil: number
}

/** @throws LaurelError INVALID_FIELD for a path that no request can have, and for one with a secret: all who may read the job would see it */
function checkPath(base: URL, path: string, credential: string): void {
  const invalid = (message: string) => invalidArgument([{ field: 'url', message }])
  const ids = { playerId: 'id', account: 'id' }
  if (pathBelow(base, pathFor(path, ids, 'id')) === undefined)
    throw invalid(
      'must have a path and a query that are percent-encoded, without the segments . and .., such as /caf%C3%A9/{player}',
    )
  if (path.includes(CREDENTIAL) && credential === '')
    throw invalid(`must not contain ${CREDENTIAL} without a credential`)
  const query = new URLSearchParams(path.replace(/^[^?]*\??/, ''))
  for (const [name, value] of query)
    if (isSecretParameter(name) && !IS_REFERENCE.test(value))
      throw invalid(
        `must not contain a secret in ${name}: name it in credential, and write ${name}=${CREDENTIAL}`,
      )
}

interface Ids {
  readonly playerId: string
  readonly account: string | undefined
}

function pathFor(path: string, { playerId, account = '' }: Ids, credential = ''): string {
  const values: Readonly<Record<string, string>> = { player: playerId, account, credential }
  return path.replaceAll(/\{(player|account|credential)\}/g, (_, name: string) =>
    encodeURIComponent((values[name] ?? '').toWellFormed()),
  )
}

/** Records of a document are stored and shown if they are refused. A short secret may be a part of ids and names. */
function withoutSecret(document: Uint8Array, secret: string | undefined): Uint8Array {
  if (secret === undefined || secret.length < MIN_REDACTED_CHARACTERS) return document
  const text = Buffer.from(document).toString()
  const redacted = redactCredential(text, secret)
  return redacted === text ? document : Buffer.from(redacted)
}

function violationsOf(check: () => unknown): readonly Violation[] {
  try {
    check()
    return []
  } catch (error) {
    if (error instanceof LaurelError && error.violations.length > 0) return error.violations
    throw error
  }
}
