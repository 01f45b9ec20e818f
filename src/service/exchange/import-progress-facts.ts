import type { Adapter, Canonical, ProgressFacts, SummaryFacts } from '../../dialect/adapter.ts'
import { Turns } from '../../dialect/turns.ts'
import type { StoredAchievement } from '../../model/achievement.ts'
import { applyReport } from '../../model/apply-report.ts'
import { invalidArgument, LaurelError } from '../../model/errors.ts'
import { type Instant, TICKS_PER_MILLISECOND } from '../../model/instant.ts'
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
import { addReport, attempt } from '../progress/writer/apply-reports.ts'
import { type PlayerTitleChanges, UnitOfWork } from '../progress/writer/unit-of-work.ts'
import type { Drift } from './document-parts.ts'
import { ImportedStats } from './import-stats.ts'
import { mergeProgress, type News, reportOf } from './merge-progress.ts'
import { mergeTotals, type TotalsChange } from './merge-totals.ts'

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
  /** Undefined if the player's totals stay. */
  readonly totals: TotalsChange | undefined
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
  const context = { time: now, precision: 'exact', actor: call.actor } as const
  const attribution = attributionOf(call, undefined)
  const maxScores = await maxScoresOf(queries, players)
  const importOne = ({ facts, achievement, summary, title, shape }: PlayerFacts, index: number) => {
    const key = keys[index] as (typeof keys)[number]
    let totals: TotalsChange | undefined
    const imported = attempt(() => {
      const changes = unitOfWork.of(key)
      if (summary !== undefined) {
        const maxScore = maxScores.get(index) ?? 0n
        totals = mergeTotals(adapter, { ...changes.playerTitle, maxScore }, { title, facts: summary, shape })
        if (totals !== undefined) changes.annotate({ [adapter.id]: totals.stored })
      }
      if (facts === undefined || achievement === undefined) return undefined
      const progress = changes.progressOf(achievement.id)
      const { report, news } = mergeProgress(adapter, achievement, progress, { title, facts, shape })
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
        drift: driftOf(achievement, facts, news, result.progress, context, key),
      }
    })
    return { progress: imported, totals }
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

/** Returns the scores of all achievements that the player of an entry with totals is shown in its title, by the index of the entry. */
async function maxScoresOf(
  queries: Queries,
  players: readonly PlayerFacts[],
): Promise<ReadonlyMap<number, bigint>> {
  const scores = new Map<number, bigint>()
  for (const [index, { playerId, titleId, summary }] of players.entries()) {
    if (summary === undefined) continue
    scores.set(index, (await queries.titles.findTotals({ playerId, titleId })).maxScore)
  }
  return scores
}

/** Revokes an unlock because the platform has. */
function revoke(
  changes: PlayerTitleChanges,
  achievement: StoredAchievement,
  result: ProgressResult,
  { time, actor }: ReportContext,
  { displayName }: Adapter,
): ProgressResult {
  if (result.progress.state !== 'achieved' || result.progress.revoked) return result
  const progress = { ...result.progress, revoked: true, writer: actor }
  const change = {
    kind: 'revoked',
    time,
    actor,
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
 * Returns the drift if a document has less progress than is stored, by the rules of reports, if only one of both is revoked, or if
 * their unlock times differ. A fact that the document's shape cannot state does not differ: only news are compared, and values only where
 * the document has them.
 */
function driftOf(
  achievement: StoredAchievement,
  facts: ProgressFacts,
  news: News,
  stored: Progress,
  context: ReportContext,
  key: ProgressKey,
): Drift | undefined {
  if (stored.state === 'not_started') return undefined
  const report = reportOf(facts)
  const outcome = applyReport(achievement, NOT_STARTED, report, context)
  if (outcome.kind === 'rejected') return undefined
  const imported = outcome.progress
  if (news.has('revoked') && report.revoked !== stored.revoked) return { key, imported, stored }
  if (report.state === 'achieved')
    return areApart(report.unlockTime, stored.unlockTime) ? { key, imported, stored } : undefined
  const isLower =
    STATE_RANKS[imported.state] < STATE_RANKS[stored.state] ||
    imported.percent < stored.percent ||
    achievement.requirements.some(({ id, operator }) => {
      const [theirs, ours] = [valueAt(imported.values, id), valueAt(stored.values, id)]
      if (theirs === undefined || ours === undefined) return false
      const difference = compareQuantities(theirs, ours)
      return operator === 'at_least' ? difference < 0 : difference > 0
    })
  return news.size > 0 && isLower ? { key, imported, stored } : undefined
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
