import type { Adapter, Canonical, ProgressFacts, SummaryFacts } from '../../dialect/adapter.ts'
import type { StoredAchievement } from '../../model/achievement.ts'
import { invalidArgument, LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import type { ProgressResult } from '../../model/progress.ts'
import type { Queries } from '../../store/queries.ts'
import { playerNamedAfter } from '../players/accounts.ts'
import { addReport, attempt } from '../progress/writer/apply-report.ts'
import { UnitOfWork } from '../progress/writer/unit-of-work.ts'
import type { Call } from '../services.ts'
import { type Drift, driftOf } from './drift.ts'
import { ImportedStats } from './import-stats.ts'

/** What one entry says of one player, with the record that it speaks of. */
export interface PlayerFacts {
  readonly playerId: string
  readonly titleId: string
  readonly facts: ProgressFacts | undefined
  readonly achievement: StoredAchievement | undefined
  readonly summary: SummaryFacts | undefined
}

export interface ImportedProgress extends ProgressResult {
  /** Where less is said than is kept. */
  readonly drift: Drift | undefined
}

/**
 * Takes another platform's word for what players have, through the same rules as any report: what is lower than
 * ours changes nothing, and an unlock time that is set never moves. One answer each, in order; an error for what
 * cannot be taken.
 */
export async function importPlayerFacts(
  queries: Queries,
  adapter: Adapter,
  players: readonly PlayerFacts[],
  now: Instant,
  call: Call,
): Promise<readonly (ImportedProgress | LaurelError | undefined)[]> {
  const keys = players.map(({ playerId, titleId, achievement }) => ({
    playerId,
    titleId,
    achievementId: achievement?.id ?? '',
  }))
  const stats = await ImportedStats.lock(queries, players)
  const unitOfWork = await UnitOfWork.open(queries, now, [...keys, ...stats.keysOf(players)])
  await stats.load(players)
  const context = { time: now, precision: 'exact', writer: call.actor } as const
  const told = { actor: call.actor, requestId: undefined }
  const results = players.map(({ facts, achievement, summary }, index) => {
    const key = keys[index] as (typeof keys)[number]
    const changes = unitOfWork.of(key)
    if (summary !== undefined) changes.annotate({ [adapter.id]: summaryToJson(summary) })
    if (facts === undefined || achievement === undefined) return undefined
    const { state, percent, values, unlockTime, revoked, extensions } = facts
    const said = { kind: 'import', state, percent, values, unlockTime, revoked, extensions } as const
    return attempt(() => {
      const progress = changes.progressOf(achievement.id)
      const movements = stats.movementsBy(key, achievement, progress, said, context)
      const result = addReport(changes, key, achievement, said, context, told)
      stats.apply(changes, key, movements, context, told)
      return { ...result, drift: driftOf(achievement, said, result.progress, context, key) }
    })
  })
  await stats.flush()
  await unitOfWork.flush(queries)
  return results
}

/** Who an entry speaks of: the player whom the caller names, who has the account, or a new one called after it. */
export function playerOfFacts(
  adapter: Adapter,
  { progress, summary }: Canonical,
  named: string | undefined,
  owners: ReadonlyMap<string, string>,
): string | undefined {
  const account = progress?.account ?? summary?.account
  if (account === undefined) return named
  if (!adapter.ids.isAccountId(account)) {
    const message = `must be ${adapter.ids.accountIdForm}, and is ${JSON.stringify(account.slice(0, 60))}`
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

/** What a document said of a player's totals, as it is kept on the player's sheet. */
function summaryToJson(summary: SummaryFacts): JsonObject {
  return {
    unlockedCount: summary.unlockedCount,
    score: String(summary.score),
    maxScore: String(summary.maxScore),
    ...(summary.lastUnlockTime === undefined ? {} : { lastUnlockTime: String(summary.lastUnlockTime) }),
    extensions: summary.extensions as unknown as JsonObject,
  }
}
