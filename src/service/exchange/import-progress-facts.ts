import type { Adapter, Canonical, ProgressFacts, SummaryFacts } from '../../dialect/adapter.ts'
import { Turns } from '../../dialect/turns.ts'
import type { StoredAchievement } from '../../model/achievement.ts'
import { applyReport } from '../../model/apply-report.ts'
import { invalidArgument, LaurelError } from '../../model/errors.ts'
import { totalsToJson } from '../../model/imported-totals.ts'
import { type Instant, TICKS_PER_MILLISECOND } from '../../model/instant.ts'
import { sameJson } from '../../model/json.ts'
import {
  NOT_STARTED,
  type Progress,
  type ProgressKey,
  type ProgressResult,
  type ReportContext,
  valueAt,
} from '../../model/progress.ts'
import { compareQuantities } from '../../model/quantity.ts'
import type { Queries } from '../../store/queries.ts'
import { attributionOf, type Call } from '../call.ts'
import { playerNamedAfter } from '../players/accounts.ts'
import { addReport, attempt } from '../progress/writer/apply-report.ts'
import { type PlayerTitleChanges, UnitOfWork } from '../progress/writer/unit-of-work.ts'
import type { Drift } from './document-parts.ts'
import { ImportedStats } from './import-stats.ts'
import { type ImportReport, mergeProgress, reportOf } from './merge-progress.ts'

/** One entry's progress of one player, with the matched achievement. */
export interface PlayerFacts {
  readonly playerId: string
  readonly titleId: string
  readonly facts: ProgressFacts | undefined
  readonly achievement: StoredAchievement | undefined
  readonly summary: SummaryFacts | undefined
  readonly title: Canonical['title']
  /** The name of the entry's shape; undefined if the dialect has only one. */
  readonly shape: string | undefined
}

export interface ImportedProgress extends ProgressResult {
  /** The progress before the import. */
  readonly before: Progress
  readonly drift: Drift | undefined
}

/** The changes of an entry to its player. */
export interface ImportedFacts {
  /** An error for progress that is rejected; undefined if the entry has none. */
  readonly progress: ImportedProgress | LaurelError | undefined
  readonly totalsChanged: boolean
}

export interface ImportContext {
  readonly now: Instant
  /** Whether an unlock that the document states as revoked is revoked. */
  readonly appliesRevocations: boolean
  readonly call: Call
}

/**
 * Applies another platform's progress by the rules of any report: a lower value changes nothing, and an unlock time never
 * moves. Returns one result per entry, in order.
 */
export async function importPlayerFacts(
  queries: Queries,
  adapter: Adapter,
  players: readonly PlayerFacts[],
  { now, appliesRevocations, call }: ImportContext,
): Promise<readonly ImportedFacts[]> {
  const keys = players.map(({ playerId, titleId, achievement }) => ({
    playerId,
    titleId,
    achievementId: achievement?.id ?? '',
  }))
  const stats = await ImportedStats.lock(queries, players)
  const unitOfWork = await UnitOfWork.open(queries, now, [...keys, ...stats.keysOf(players)])
  await stats.load(players)
  const context = { time: now, precision: 'exact', writer: call.actor } as const
  const attribution = attributionOf(call, undefined)
  const importOne = ({ facts, achievement, summary, title, shape }: PlayerFacts, index: number) => {
    const key = keys[index] as (typeof keys)[number]
    let totalsChanged = false
    const imported = attempt(() => {
      const changes = unitOfWork.of(key)
      totalsChanged = summary !== undefined && setTotals(changes, adapter, summary)
      if (facts === undefined || achievement === undefined) return undefined
      const progress = changes.progressOf(achievement.id)
      const report = mergeProgress(adapter, achievement, progress, { title, facts, shape })
      const movements = stats.movementsOf(key, achievement, progress, report, context)
      const recorded = addReport(changes, key, achievement, report, context, attribution)
      const result =
        appliesRevocations && facts.revoked
          ? revoke(changes, achievement, recorded, context, adapter)
          : recorded
      stats.apply(changes, key, movements, context, attribution)
      return {
        ...result,
        before: progress,
        drift: driftOf(achievement, reportOf(facts), result.progress, context, key),
      }
    })
    return { progress: imported, totalsChanged }
  }
  const results: ImportedFacts[] = []
  const turns = new Turns()
  for (const [index, player] of players.entries()) {
    results.push(importOne(player, index))
    await turns.pause()
  }
  await stats.flush()
  await unitOfWork.flush(queries)
  return results
}

/** Stores a document's totals beside Laurel's own. Returns false if they are stored already. */
function setTotals(changes: PlayerTitleChanges, { id }: Adapter, summary: SummaryFacts): boolean {
  const totals = totalsToJson(summary)
  if (sameJson(changes.playerTitle.extensions[id] ?? null, totals)) return false
  changes.annotate({ [id]: totals })
  return true
}

/** Revokes an unlock because the platform has. */
function revoke(
  changes: PlayerTitleChanges,
  achievement: StoredAchievement,
  result: ProgressResult,
  { time, writer }: ReportContext,
  { displayName }: Adapter,
): ProgressResult {
  if (result.progress.state !== 'achieved' || result.progress.revoked) return result
  const progress = { ...result.progress, revoked: true, writer }
  const change = {
    kind: 'revoked',
    time,
    actor: writer,
    reason: `revoked by ${displayName}`,
    requestId: '',
  } as const
  changes.change(achievement, progress, change)
  return { ...result, progress, changed: true }
}

const STATE_RANKS = { not_started: 0, in_progress: 1, achieved: 2 } as const

/** Platforms write times to the millisecond or finer. */
const TIME_TOLERANCE = TICKS_PER_MILLISECOND

/**
 * Returns the drift if a document has less progress than is stored, by the rules of reports, has revoked it, or has another
 * unlock time. Values are compared only where the document has them, because not every dialect does; progress that is revoked
 * here never drifts.
 */
function driftOf(
  achievement: StoredAchievement,
  report: ImportReport,
  stored: Progress,
  context: ReportContext,
  key: ProgressKey,
): Drift | undefined {
  if (stored.revoked || stored.state === 'not_started') return undefined
  const outcome = applyReport(achievement, NOT_STARTED, report, context)
  if (outcome.kind === 'rejected') return undefined
  const imported = outcome.progress
  if (report.state === 'achieved') {
    const differs = report.revoked || areApart(report.unlockTime, stored.unlockTime)
    return differs ? { key, imported, stored } : undefined
  }
  const isLower =
    STATE_RANKS[imported.state] < STATE_RANKS[stored.state] ||
    imported.percent < stored.percent ||
    achievement.requirements.some(({ id, operator }) => {
      const [theirs, ours] = [valueAt(imported.values, id), valueAt(stored.values, id)]
      if (theirs === undefined || ours === undefined) return false
      const difference = compareQuantities(theirs, ours)
      return operator === 'at_least' ? difference < 0 : difference > 0
    })
  return isLower ? { key, imported, stored } : undefined
}

function areApart(theirs: Instant | undefined, ours: Instant | undefined): boolean {
  if (theirs === undefined || ours === undefined) return false
  const difference = theirs - ours
  return difference >= TIME_TOLERANCE || -difference >= TIME_TOLERANCE
}

/** Returns the player of an entry: the caller's, else the owner of the account, else a new player named after the account. */
export function playerOfFacts(
  adapter: Adapter,
  { progress, summary }: Canonical,
  named: string | undefined,
  owners: ReadonlyMap<string, string>,
): string | undefined {
  const account = progress?.account ?? summary?.account
  if (account === undefined) return named
  if (!adapter.ids.account.accepts(account)) {
    const message = `must be ${adapter.ids.account.form}, and is ${JSON.stringify(account.slice(0, 60))}`
    throw invalidArgument([{ field: `the player's account in ${adapter.id}`, message }])
  }
  const owner = owners.get(account)
  if (owner === undefined) return named ?? playerNamedAfter({ dialect: adapter.id, id: account })
  if (named === undefined || named === owner) return owner
  const message = `account ${account} in ${adapter.id} is player ${owner}'s, not ${named}'s`
  throw new LaurelError('already_exists', 'ACCOUNT_LINKED_ELSEWHERE', message, {
    metadata: { dialect: adapter.id, accountId: account, playerId: owner },
  })
}
