import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { readProcessClientConfig, readProcessOutboundConfig } from '../../../config.ts'
import type { Source, SourceTarget } from '../../../dialect/source.ts'
import { MigrationFormat, MigrationMapping } from '../../../gen/laurel/v1/migration_job.ts'
import { formatJson } from '../../../model/exact-json.ts'
import type { JsonObject } from '../../../model/json.ts'
import type { Outbound } from '../../../outbound/contract.ts'
import { Credentials } from '../../../outbound/credentials.ts'
import { sources } from '../../../registry.ts'
import { Failure } from '../../failure.ts'
import { Laurel } from '../../pull/laurel.ts'
import {
  bindingOf,
  type CredentialReferences,
  checkPlayerCredential,
  credentialsOf,
  limitsOf,
  type PlatformOptions,
} from '../../pull/options.ts'
import { Platform, PullRefused } from '../../pull/platform.ts'
import { playerPages } from '../../pull/players.ts'
import { sourceName } from './bytes.ts'
import type { MigrationSource } from './source.ts'
import { labelOf } from './url-source.ts'

/** The options of inputs that are live APIs of platforms. */
export interface LiveOptions extends PlatformOptions {
  readonly title: string
  /** A file with an account in each line; undefined for the accounts of all players. */
  readonly accounts?: string
}

/** An account, and the cursor from which the list of accounts begins with it. */
interface ListedAccount {
  readonly account: string
  readonly cursor: string
}

/** The dialect and the URL of an input that is a platform's live API: `DIALECT+https://HOST/PATH`. */
interface LiveInput {
  readonly dialect: string
  readonly url: string
}

export function liveInputOf(input: string): LiveInput | undefined {
  const [, dialect, url] = /^([a-z0-9_-]+)\+(https?:\/\/.*)$/is.exec(input) ?? []
  return dialect === undefined || url === undefined ? undefined : { dialect, url }
}

/** Returns the mapping of live APIs of one platform. @throws Failure for other inputs, which need a mapping */
export function liveMappingOf(inputs: readonly string[]): MigrationMapping {
  const dialects = new Set(inputs.map((input) => liveInputOf(input)?.dialect))
  const [dialect] = dialects
  if (dialects.size === 1 && dialect !== undefined)
    return MigrationMapping.fromPartial({ format: MigrationFormat.DIALECT_LINES, dialect })
  throw new Failure(['--mapping is needed: laurel migrate plan INPUT --write-mapping FILE proposes one'])
}

/**
 * Returns the progress of accounts in a platform's live API, a line for each entry. It continues at the account that was being read, by the
 * cursor in the lines. An account that the platform refuses is a line with the error.
 * @throws Failure if the title, its binding or a credential is missing
 */
export async function openPlatform(
  { dialect, url }: LiveInput,
  mapping: MigrationMapping | undefined,
  options: LiveOptions,
  outbound: Outbound,
  stack: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<MigrationSource> {
  const source = sourceOf(dialect)
  const name = `${dialect}+${labelOf(outbound.checkUrl(url, 'the URL of the live API'))}`
  if (
    mapping !== undefined &&
    (mapping.format !== MigrationFormat.DIALECT_LINES || mapping.dialect !== dialect)
  )
    throw new Failure([
      `${name} needs the mapping {"format": "MIGRATION_FORMAT_DIALECT_LINES", "dialect": "${dialect}"}`,
    ])
  checkPlayerCredential(dialect, source, options)
  if (options.playerCredential?.includes('{player}'))
    throw new Failure(['--player-credential of a live API names the account: {account}, and not {player}'])
  const ofDialect = (reference: string | undefined) => reference?.replaceAll('{dialect}', dialect)
  const { credential, playerCredential } = options
  const references = { credential: ofDialect(credential), playerCredential: ofDialect(playerCredential) }
  const credentials = credentialsOf(references)
  const { credentials: environment, credentialsDirectory: directory } = readProcessOutboundConfig()
  const platform = new Platform({
    target: outbound.to(url, limitsOf(options)),
    credentials: new Credentials({ environment, directory }),
    titleId: options.title,
    retrySeconds: options.retryFor,
  })
  const laurel = stack.use(await Laurel.connect(readProcessClientConfig(), dialect, signal))
  const title = await laurel.findTitle(options.title)
  if (title === undefined)
    throw new Failure([
      `title ${options.title} does not exist: copy its definitions with laurel pull ${dialect} --definitions-only`,
    ])
  const target = {
    binding: bindingOf(dialect, options, source, title),
    locale: title.defaultLocale || 'en',
  }
  const { accounts } = options
  const parts = { platform, source, target, credentials }
  return {
    name: sourceName(accounts === undefined ? name : `${name} (accounts ${resolve(accounts)})`),
    size: undefined,
    isReadWhole: false,
    open: (_, openSignal, cursor) =>
      linesOf(
        parts,
        accounts === undefined ? accountsOf(laurel, cursor) : accountsIn(accounts, cursor),
        openSignal,
      ),
  }
}

function sourceOf(dialect: string): Source {
  const source = sources.get(dialect)
  if (source !== undefined) return source
  throw new Failure([
    `${dialect} is no dialect whose live API can be read: take one of ${[...sources.keys()].sort().join(', ')}`,
  ])
}

interface Parts {
  readonly platform: Platform
  readonly source: Source
  readonly target: Omit<SourceTarget, 'account'>
  readonly credentials: CredentialReferences
}

async function* linesOf(
  parts: Parts,
  accounts: AsyncIterable<ListedAccount>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const listed of accounts) {
    // An account without entries has this line alone, so that the job's cursor moves past it.
    yield lineOf({ ...listed })
    try {
      yield* entriesOf(parts, listed, signal)
    } catch (error) {
      if (!(error instanceof PullRefused)) throw error
      // All accounts share this credential: the platform would refuse each of them.
      if (error.unauthenticated && !parts.credentials.arePerPlayer) throw new Failure([error.message], error)
      yield lineOf({ ...listed, error: [error.message, error.request, error.path].filter(Boolean).join(' ') })
    }
  }
}

async function* entriesOf(
  { platform, source, target, credentials }: Parts,
  { account, cursor }: ListedAccount,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const credential = credentials.forPlayer({ playerId: '', account, isLinked: true })
  const pages = platform.pages(source.progress, { ...target, account }, credential, undefined, signal)
  for await (const { entries } of pages)
    if (entries.length > 0) yield Buffer.concat(entries.map((entry) => lineOf({ account, cursor, entry })))
}

function lineOf(line: JsonObject): Uint8Array {
  return Buffer.from(`${formatJson(line)}\n`)
}

/** Yields the accounts of the players, in order of player. */
async function* accountsOf(laurel: Laurel, cursor: string): AsyncGenerator<ListedAccount> {
  const [page, first] = cursor === '' ? ['', 0] : (JSON.parse(cursor) as readonly [string, number])
  let token = page
  for await (const { players, next } of playerPages(laurel, 'all', page)) {
    for (const [index, resolved] of players.entries())
      if ('player' in resolved && (token !== page || index >= first))
        yield { account: resolved.player.account, cursor: JSON.stringify([token, index]) }
    token = next ?? ''
  }
}

/** Yields the accounts of a file: the first column of each line, so that an identity map is one too. */
async function* accountsIn(file: string, cursor: string): AsyncGenerator<ListedAccount> {
  const input = createReadStream(file)
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  const first = Number(cursor || 0)
  let number = 0
  try {
    for await (const line of lines) {
      const account = line
        .replace(/,.*/s, '')
        .replace(/^"(.*)"$/s, '$1')
        .trim()
      if (account !== '' && number >= first) yield { account, cursor: String(number) }
      number += 1
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new Failure([`cannot read the accounts file ${file}: ${message}`], error)
  } finally {
    input.destroy()
  }
}
