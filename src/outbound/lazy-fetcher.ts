import { invalidArgument, LaurelError, type Violation } from '../model/errors.ts'
import type { LazySource } from '../model/migration-job.ts'
import type { Outbound, Target } from './contract.ts'
import { type Credentials, checkReference } from './credentials.ts'
import { pathBelow } from './url.ts'

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
      ...violationsOf(() => checkPath(outbound.checkUrl(partsOf(url).origin), partsOf(url).path)),
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
      const authorization =
        credential === '' ? {} : { authorization: await credentials.read(credential, titleId) }
      const headers = { accept: 'application/json, text/plain;q=0.9, */*;q=0.5', ...authorization }
      const response = await target.send({ method: 'GET', path: pathFor(path, player), headers }, signal)
      const { status, bytes, retryAfterMilliseconds } = response
      if (retryAfterMilliseconds !== undefined)
        system.pausedUntil = performance.now() + retryAfterMilliseconds
      if (status === 200) return bytes
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

/** @throws LaurelError INVALID_FIELD for a path that no request can have */
function checkPath(base: URL, path: string): void {
  if (pathBelow(base, pathFor(path, { playerId: 'id', account: 'id' })) !== undefined) return
  const message =
    'must have a path and a query that are percent-encoded, without the segments . and .., such as /caf%C3%A9/{player}'
  throw invalidArgument([{ field: 'url', message }])
}

interface Ids {
  readonly playerId: string
  readonly account: string | undefined
}

function pathFor(path: string, { playerId, account = '' }: Ids): string {
  const idOf = (id: string) => encodeURIComponent(id.toWellFormed())
  return path.replaceAll('{player}', () => idOf(playerId)).replaceAll('{account}', () => idOf(account))
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
