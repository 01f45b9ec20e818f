import type { Canonical } from '../../dialect/adapter.ts'
import type { Loss } from '../../dialect/losses.ts'
import { hasFacts } from '../../dialect/translate.ts'
import { checkExtensions } from '../../model/check-achievement.ts'
import { invalidArgument, LaurelError } from '../../model/errors.ts'
import { checkTotals } from '../../model/imported-totals.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import { playerNamedAfter } from '../players/accounts.ts'
import { achievementNotFound, playerDeleted } from '../require.ts'
import type { Services } from '../services.ts'
import type { EntryOutcome } from './document-parts.ts'
import { achievementIdOf } from './entry-losses.ts'
import { definitionChanges, type FieldChange, progressChanges, totalsChanges } from './field-changes.ts'
import {
  type DefinitionContext,
  type DefinitionEntry,
  type ImportedDefinition,
  importDefinitions,
} from './import-definitions.ts'
import {
  type ImportedFacts,
  type ImportedProgress,
  importPlayerFacts,
  playerOfFacts,
} from './import-progress-facts.ts'
import { indexNames, type Mapping, Matcher, possibleDuplicatesOf } from './match.ts'
import { withPastTimes } from './past-times.ts'

/** A decoded entry with its title. */
export interface ReadyEntry {
  readonly path: string
  /** The name of the entry's shape. */
  readonly shape: string | undefined
  readonly record: Canonical
  readonly titleId: string
}

export interface ImportSettings extends Pick<DefinitionContext, 'adapter' | 'strategy' | 'locale'> {
  /** Whether definitions are written, or only matched. */
  readonly writesDefinitions: boolean
  readonly playerId: string | undefined
  readonly mapping: Mapping
  readonly dryRun: boolean
  readonly appliesRevocations?: boolean
}

type TitleContext = ImportSettings & DefinitionContext

export interface BatchResult {
  readonly outcomes: readonly EntryOutcome[]
  readonly progress: readonly ImportedProgress[]
  /** Losses that show only against the matched records. */
  readonly losses: readonly Loss[]
}

/** Writes one batch of entries in the running transaction: definitions first, then progress. */
export async function importBatch(
  services: Services,
  queries: Queries,
  settings: ImportSettings,
  entries: readonly ReadyEntry[],
  call: Call,
): Promise<BatchResult> {
  const outcomes: EntryOutcome[] = []
  const progress: ImportedProgress[] = []
  const losses: Loss[] = []
  for (const [titleId, entriesOfTitle] of Map.groupBy(entries, (entry) => entry.titleId)) {
    const result = await importIntoTitle(services, queries, settings, titleId, entriesOfTitle, call)
    outcomes.push(...result.outcomes)
    progress.push(...result.progress)
    // More than a call takes as arguments: a batch may have a loss for each of its values.
    for (const loss of result.losses) losses.push(loss)
  }
  return { outcomes, progress, losses }
}

async function importIntoTitle(
  services: Services,
  queries: Queries,
  settings: ImportSettings,
  titleId: string,
  entries: readonly ReadyEntry[],
  call: Call,
): Promise<BatchResult> {
  const { adapter, mapping, dryRun, writesDefinitions } = settings
  const past = entries.map(({ record, path }) => withPastTimes(record, path, services))
  const records = past.map(({ result }) => result)
  const pastEntries = entries.map(({ shape }, index) => ({ shape, record: records[index] as Canonical }))
  const lock = writesDefinitions ? 'lock' : 'lockShared'
  const matcher = await Matcher.load(adapter, queries, titleId, records, mapping, lock)
  const context: TitleContext = { ...settings, services, queries, call, titleId, matcher }
  const names = indexNames(dryRun ? await queries.achievements.listNames(titleId) : new Map())
  const definitions = writesDefinitions
    ? await importDefinitions(context, pastEntries)
    : records.map((record) => match(matcher, record))
  const results = await importProgressOf(context, pastEntries, definitions)
  const outcomes = entries.map(({ path, record }, index): EntryOutcome => {
    const definition = definitions[index] as ImportedDefinition
    const { progress: result, totals } = results[index] as ImportedFacts
    const error = definition.error ?? (result instanceof LaurelError ? result : undefined)
    const hasProgress = result !== undefined || record.summary !== undefined
    const hasDefinition = writesDefinitions && record.achievement !== undefined
    let { kind } = definition
    if (error !== undefined) kind = 'failed'
    else if (kind === 'unchanged' && (totals !== undefined || (isDone(result) && result.changed)))
      kind = 'replaced'
    else if (kind === 'unchanged' && !hasProgress && !hasDefinition) kind = 'ignored'
    return {
      path,
      achievementId: definition.achievementId,
      kind,
      error,
      possibleDuplicates:
        definition.kind === 'new' ? possibleDuplicatesOf(record.achievement?.name.text ?? '', names) : [],
      drift: isDone(result) ? result.drift : undefined,
      changes: dryRun && error === undefined ? changesOf(definition, result, totals) : [],
    }
  })
  const losses = entries.flatMap(({ path }, index): readonly Loss[] => {
    const { lostCode, achievementId } = definitions[index] as ImportedDefinition
    const detail = 'the code of an achievement never changes'
    return lostCode === undefined
      ? []
      : [{ kind: 'coerced', path, from: lostCode, to: achievementId, detail, achievementId }]
  })
  return {
    outcomes,
    progress: results.map(({ progress }) => progress).filter(isDone),
    losses: [...past.flatMap((each) => each.losses), ...losses],
  }
}

function changesOf(
  { replaced }: ImportedDefinition,
  result: ImportedProgress | LaurelError | undefined,
  totals: ImportedFacts['totals'],
): readonly FieldChange[] {
  return [
    ...(replaced === undefined ? [] : definitionChanges(replaced.before, replaced.after)),
    ...(isDone(result) && result.changed ? progressChanges(result.before, result.progress) : []),
    ...(totals === undefined ? [] : totalsChanges(totals.before, totals.after)),
  ]
}

function match(matcher: Matcher, record: Canonical): ImportedDefinition {
  try {
    return { achievementId: matcher.find(record)?.id ?? '', kind: 'unchanged', error: undefined }
  } catch (error) {
    if (!(error instanceof LaurelError)) throw error
    return { achievementId: '', kind: 'failed', error }
  }
}

async function importProgressOf(
  {
    services,
    queries,
    call,
    adapter,
    titleId,
    matcher,
    playerId: namedPlayerId,
    appliesRevocations = false,
  }: TitleContext,
  entries: readonly DefinitionEntry[],
  definitions: readonly ImportedDefinition[],
): Promise<readonly ImportedFacts[]> {
  const records = entries.map(({ record }) => record)
  const accounts = [...new Set(records.map(accountOf).filter((account) => account !== undefined))]
  const owners = new Map(await queries.accounts.findPlayers(adapter.id, accounts))
  const newcomers = accounts
    .filter((id) => !owners.has(id))
    .map((id) => playerNamedAfter({ dialect: adapter.id, id }))
  const deleted = await queries.tombstones.find(newcomers)
  const aliases = await queries.aliases.find(
    namedPlayerId === undefined ? newcomers : [namedPlayerId, ...newcomers],
  )
  const survivorOf = <Id extends string | undefined>(id: Id) => aliases.get(id ?? '') ?? id
  const facts = entries.map(({ record, shape }, index) => {
    try {
      if (definitions[index]?.error !== undefined) return undefined
      const playerId = survivorOf(playerOfFacts(adapter, record, survivorOf(namedPlayerId), owners))
      if (playerId === undefined || (record.progress ?? record.summary) === undefined) return undefined
      const account = accountOf(record)
      const newcomer = account && playerNamedAfter({ dialect: adapter.id, id: account })
      if (newcomer !== undefined && deleted.has(newcomer)) return playerDeleted(newcomer)
      const achievement = record.progress && matcher.find(record)
      if (record.progress !== undefined && achievement === undefined) {
        return achievementNotFound(titleId, record.progress.achievementId)
      }
      const { title, progress, summary } = record
      const violations = [
        ...(summary === undefined ? [] : checkTotals(summary)),
        ...checkExtensions('progress.', progress?.extensions ?? {}, LIMITS.progressExtensionBytes),
        ...checkExtensions('summary.', summary?.extensions ?? {}, LIMITS.progressExtensionBytes),
      ]
      if (violations.length > 0) throw invalidArgument(violations)
      return { playerId, titleId, facts: progress, achievement, summary, title, shape }
    } catch (error) {
      if (error instanceof LaurelError) return error
      throw error
    }
  })
  const ready = facts.filter(isDone)
  const results = await importPlayerFacts(queries, adapter, ready, {
    now: services.now(),
    appliesRevocations,
    call,
  })
  const linked = new Set<string>()
  for (const [index, record] of records.entries()) {
    const [fact, account] = [facts[index], accountOf(record)]
    if (account === undefined || owners.has(account) || !isDone(fact)) continue
    await queries.accounts.insert({ dialect: adapter.id, id: account }, fact.playerId)
    owners.set(account, fact.playerId)
    linked.add(fact.playerId)
  }
  if (linked.size > 0) await queries.replays.requeueWaiting([...linked], adapter.id)
  let next = 0
  return facts.map((fact) =>
    isDone(fact) ? (results[next++] as ImportedFacts) : { progress: fact, totals: undefined },
  )
}

/** Returns the loss of an entry's progress if neither the entry nor the request names the player. */
export function unownedLosses(
  record: Canonical,
  path: string,
  playerId: string | undefined,
): readonly Loss[] {
  if (playerId !== undefined || accountOf(record) !== undefined) return []
  if (!hasFacts(record.progress) && record.summary === undefined) return []
  const detail = 'progress without a player: name the player in the request to import it'
  const achievementId = achievementIdOf(record)
  return [{ kind: 'dropped', path, from: record.progress?.state, to: undefined, detail, achievementId }]
}

function isDone<Value>(value: Value | LaurelError | undefined): value is Value {
  return value !== undefined && !(value instanceof LaurelError)
}

function accountOf({ progress, summary }: Canonical): string | undefined {
  return progress?.account ?? summary?.account
}
