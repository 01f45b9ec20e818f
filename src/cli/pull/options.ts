import { readFile } from 'node:fs/promises'
import type { Source } from '../../dialect/source.ts'
import { ImportStrategy } from '../../gen/laurel/v1/exchange.ts'
import type { Title } from '../../gen/laurel/v1/title.ts'
import type { Binding } from '../../model/title.ts'
import type { Limits } from '../../outbound/contract.ts'
import { checkReference } from '../../outbound/credentials.ts'
import { readMapping } from '../arguments.ts'
import { Failure } from '../failure.ts'
import type { Job, LinkedPlayer, PlayerSelector } from './job.ts'
import { readSelector } from './players.ts'

const MAX_RESPONSE_BYTES = 64 * 1024 * 1024

/** How a platform's API is called, and what it knows the title by. */
export interface PlatformOptions {
  readonly credential?: string
  readonly playerCredential?: string
  readonly binding?: ReadonlyMap<string, string>
  /** Requests per second. */
  readonly rate: number
  /** Seconds. */
  readonly timeout: number
  /** Seconds. */
  readonly retryFor: number
  readonly allowPrivate?: readonly string[]
}

/** The options of the command line. */
export interface PullOptions extends PlatformOptions {
  readonly title: string
  readonly from: string
  readonly player?: readonly string[]
  readonly playersFile?: string
  readonly allPlayers?: true
  readonly definitionsOnly?: true
  readonly progressOnly?: true
  readonly strategy: 'replace' | 'leave-out'
  readonly dryRun?: true
  readonly applyRevocations?: true
  readonly locale?: string
  readonly map?: string
  readonly allowRebinding?: true
  readonly state?: string
  readonly json?: true
}

export interface CredentialReferences {
  /** Without a player: the title's own. */
  readonly forPlayer: (player: LinkedPlayer | undefined) => string | undefined
  /** Whether each player has a credential of their own. */
  readonly arePerPlayer: boolean
}

/** @throws Failure if options are missing or contradict each other */
export async function readJob(
  dialect: string,
  options: PullOptions,
  source: Source,
  server: string,
  title: Title | undefined,
): Promise<Job> {
  const players = options.allPlayers ? 'all' : await readPlayers(options)
  const progress = !options.definitionsOnly && (players === 'all' || players.length > 0)
  if (progress) checkPlayerCredential(dialect, source, options)
  if (title === undefined && options.progressOnly) {
    throw new Failure([`title ${options.title} does not exist: pull its definitions too`])
  }
  return {
    server,
    dialect,
    titleId: options.title,
    titleExists: title !== undefined,
    from: options.from,
    binding: bindingOf(dialect, options, source, title),
    optionBinding: Object.fromEntries(options.binding ?? []),
    locale: options.locale,
    defaultLocale: title?.defaultLocale || 'en',
    definitions: !options.progressOnly,
    progress,
    players,
    strategy: options.strategy === 'replace' ? ImportStrategy.REPLACE : ImportStrategy.LEAVE_OUT,
    mapping: options.map === undefined ? new Map() : await readMapping(options.map),
    allowRebinding: options.allowRebinding === true,
    dryRun: options.dryRun === true,
    applyRevocations: options.applyRevocations === true,
  }
}

/** @throws Failure if each player needs a credential of their own, and there is none */
export function checkPlayerCredential(
  dialect: string,
  source: Source,
  { playerCredential }: PlatformOptions,
): void {
  if (!source.progress.ownOnly || playerCredential !== undefined) return
  const example = `--player-credential file:${dialect}-{account}`
  throw new Failure([`${dialect} shows a player's progress only to that player: add ${example}`])
}

/** One request at a time: each page holds the cursor of the next. */
export function limitsOf({ rate, timeout }: PlatformOptions): Partial<Limits> {
  const timeoutMilliseconds = timeout * 1000
  return {
    connectTimeoutMilliseconds: Math.min(timeoutMilliseconds, 10_000),
    headersTimeoutMilliseconds: timeoutMilliseconds,
    bodyTimeoutMilliseconds: timeoutMilliseconds,
    totalTimeoutMilliseconds: 2 * timeoutMilliseconds,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    requiresWholeResponse: true,
    maxInFlight: 1,
    requestsPerSecond: rate,
    burst: 1,
  }
}

/**
 * Returns the credential references for the requests of a list.
 * @throws LaurelError INVALID_FIELD for an option that is no reference
 */
export function credentialsOf({
  credential,
  playerCredential,
}: {
  readonly credential?: string | undefined
  readonly playerCredential?: string | undefined
}): CredentialReferences {
  if (credential !== undefined) checkReference(credential, '--credential')
  const fill = (pattern: string, { playerId, account }: LinkedPlayer) =>
    pattern.replaceAll('{player}', () => playerId).replaceAll('{account}', () => account)
  if (playerCredential !== undefined) {
    const example = { playerId: 'x', account: 'x', isLinked: true }
    checkReference(fill(playerCredential, example), '--player-credential')
  }
  return {
    arePerPlayer: playerCredential !== undefined && /\{(player|account)\}/.test(playerCredential),
    forPlayer: (player) =>
      player === undefined || playerCredential === undefined ? credential : fill(playerCredential, player),
  }
}

/** Returns the title's binding, with the ids of `--binding` in it. */
export function bindingOf(
  dialect: string,
  { title: titleId, binding: added = new Map() }: Pick<PullOptions, 'title' | 'binding'>,
  source: Source,
  title: Title | undefined,
): Binding {
  const binding = Object.fromEntries([...(title?.bindings.get(dialect)?.ids ?? []), ...added])
  const missing = source.lacks(binding)
  if (missing.length === 0) return binding
  const reason =
    title === undefined
      ? `title ${titleId} does not exist; to pull into a new one`
      : `title ${titleId} has no usable ${missing.join(' and no ')} in ${dialect}; to pull into it`
  throw new Failure([`${reason}, add ${missing.map((name) => `--binding ${name}=…`).join(' ')}`])
}

async function readPlayers({ player = [], playersFile }: PullOptions): Promise<readonly PlayerSelector[]> {
  const lines = playersFile === undefined ? [] : (await linesOf(playersFile)).split('\n')
  const named = [...player, ...lines].filter((line) => line.trim() !== '')
  return [...new Set(named)].map(readSelector)
}

function linesOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new Failure([`cannot read the players file ${file}: ${error.message}`], error)
  })
}
