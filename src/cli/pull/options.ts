import { readFile } from 'node:fs/promises'
import type { Source } from '../../dialect/source.ts'
import { ImportStrategy } from '../../gen/laurel/v1/exchange.ts'
import type { Title } from '../../gen/laurel/v1/title.ts'
import type { Binding } from '../../model/title.ts'
import { checkReference } from '../../outbound/credentials.ts'
import { Failure } from '../failure.ts'
import { readMapping } from '../mapping.ts'
import type { Job } from './job.ts'
import { type Person, readWanted, type Wanted } from './players.ts'

/** As the command line gives them. */
export interface PullOptions {
  readonly title: string
  readonly from: string
  readonly credential?: string
  readonly playerCredential?: string
  readonly player?: readonly string[]
  readonly playersFile?: string
  readonly allPlayers?: true
  readonly definitionsOnly?: true
  readonly progressOnly?: true
  readonly binding?: ReadonlyMap<string, string>
  readonly strategy: 'replace' | 'leave-out'
  readonly dryRun?: true
  readonly locale?: string
  readonly map?: string
  readonly allowRebinding?: true
  readonly rate: number
  readonly timeout: number
  readonly retryPolicy: number
  readonly allowPrivate?: readonly string[]
  readonly state?: string
  readonly json?: true
}

/** @throws Failure saying what of the options does not go together, or is missing */
export async function readJob(
  dialect: string,
  options: PullOptions,
  {
    source,
    server,
    title,
  }: { readonly source: Source; readonly server: string; readonly title: Title | undefined },
): Promise<Job> {
  const players = options.allPlayers ? 'all' : await readPlayers(options)
  const progress = !options.definitionsOnly && (players === 'all' || players.length > 0)
  if (progress && source.progress.ownOnly && options.playerCredential === undefined) {
    const example = `--player-credential file:${dialect}-{account}`
    throw new Failure([`${dialect} shows each player only what they have themselves: give ${example}`])
  }
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
    saidBinding: Object.fromEntries(options.binding ?? []),
    locale: options.locale,
    defaultLocale: title?.defaultLocale || 'en',
    definitions: !options.progressOnly,
    progress,
    players,
    strategy: options.strategy === 'replace' ? ImportStrategy.REPLACE : ImportStrategy.LEAVE_OUT,
    mapping: options.map === undefined ? new Map() : await readMapping(options.map),
    allowRebinding: options.allowRebinding === true,
    dryRun: options.dryRun === true,
  }
}

/**
 * Which credential a list is asked for with.
 * @throws LaurelError INVALID_FIELD for what is no reference
 */
export function credentialsIn({ credential, playerCredential }: PullOptions) {
  if (credential !== undefined) checkReference(credential, '--credential')
  const named = (pattern: string, { playerId, account }: Person) =>
    pattern.replaceAll('{player}', () => playerId).replaceAll('{account}', () => account)
  if (playerCredential !== undefined) {
    const anybody = { playerId: 'x', account: 'x', linked: true }
    checkReference(named(playerCredential, anybody), '--player-credential')
  }
  return {
    ownCredentials: playerCredential !== undefined && /\{(player|account)\}/.test(playerCredential),
    credentialOf: (person: Person | undefined) =>
      person === undefined || playerCredential === undefined ? credential : named(playerCredential, person),
  }
}

/** The ids that the title is bound to there, or that the caller says. */
function bindingOf(
  dialect: string,
  { title: titleId, binding: said = new Map() }: PullOptions,
  source: Source,
  title: Title | undefined,
): Binding {
  const binding = Object.fromEntries([...(title?.bindings.get(dialect)?.ids ?? []), ...said])
  const missing = source.lacks(binding)
  if (missing.length === 0) return binding
  const why =
    title === undefined
      ? `title ${titleId} does not exist; to pull into a new one`
      : `title ${titleId} has no ${missing.join(' and no ')} in ${dialect} that can be asked for; to pull into it`
  throw new Failure([`${why}, give ${missing.map((name) => `--binding ${name}=…`).join(' ')}`])
}

async function readPlayers({ player = [], playersFile }: PullOptions): Promise<readonly Wanted[]> {
  const lines = playersFile === undefined ? [] : (await linesOf(playersFile)).split('\n')
  const named = [...player, ...lines].filter((line) => line.trim() !== '')
  return [...new Set(named)].map(readWanted)
}

function linesOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new Failure([`cannot read the players of ${file}: ${error.message}`], error)
  })
}
