import type { StoredAchievement } from '../model/achievement.ts'
import type { Instant } from '../model/instant.ts'
import type { ReportContext } from '../model/progress.ts'
import type { StatValue, StatWriter } from '../model/stat.ts'
import type { SheetKey } from '../store/sheets.ts'
import type { Ledger } from './ledger.ts'
import { type ContributionResult, recordContributions } from './record-contributions.ts'
import { type ProgressResult, report, teller, whenOf } from './reports.ts'
import type { Call, Services } from './services.ts'
import { mutateSheet } from './sheet-mutation.ts'
import { holdStats, type Movement, movementsOf, type StatUpdate, writerOf } from './stat-updates.ts'

export interface RecordStats {
  readonly titleId: string
  readonly playerId: string
  /** Applied in their order; all of them or none. */
  readonly updates: readonly StatUpdate[]
  readonly occurredTime: Instant | undefined
  readonly requestId: string | undefined
  /** As whom the caller writes. A player is a client; others are servers, and may say which. */
  readonly writer?: StatWriter
}

export interface RecordStatsResult {
  /** The values after the updates, one for each stat that was named, in order of first mention. */
  readonly values: readonly StatValue[]
  /** What moved of the achievements that follow those stats. */
  readonly moved: readonly ProgressResult[]
  /** What the player gave to community achievements that follow them. */
  readonly contributions: readonly ContributionResult[]
}

/**
 * Writes a player's stats and moves, in the same transaction, each achievement that follows them.
 * @throws LaurelError for a value outside its stat's bounds: it is refused, not clamped; SERVER_ONLY for a client's
 *   update of a stat that servers write.
 */
export async function recordStats(
  services: Services,
  request: RecordStats,
  call: Call,
): Promise<RecordStatsResult> {
  const { titleId, updates, requestId } = request
  const codes = [...new Set(updates.map(({ code }) => code))]
  return mutateSheet(
    services,
    'recordStats',
    request,
    call,
    async (queries) => {
      const stats = await holdStats(queries, titleId, codes, writerOf(request, call))
      return { stats, followers: await queries.holdAchievementsFollowing(titleId, codes) }
    },
    async (queries, ledger, now, { stats, followers }) => {
      const { playerId } = request
      const context = whenOf(services, now, request.occurredTime, call.actor)
      const told = teller(call, requestId)
      const current = new Map((await queries.statValuesOf(request)).map((value) => [value.code, value]))
      const movements = movementsOf(request, stats, current)
      const values = [...movements].map(([code, { after }]) => ({
        code,
        value: after,
        createTime: current.get(code)?.createTime ?? context.time,
        updateTime: context.time,
      }))
      await queries.putStatValues(values.map((value) => ({ playerId, titleId, ...value })))
      const [together, alone] = [true, false].map((community) =>
        followers.filter(({ participation }) => (participation === 'community') === community),
      ) as [StoredAchievement[], StoredAchievement[]]
      return {
        values,
        moved: alone.flatMap((achievement) => follow(ledger, request, achievement, movements, context, told)),
        contributions: await recordContributions(queries, request, together, movements, {
          ...told,
          time: context.time,
        }),
      }
    },
  )
}

/** Tells an achievement the new values of the stats that it follows: what came of it, if anything did. */
function follow(
  ledger: Ledger,
  { playerId, titleId }: SheetKey,
  achievement: StoredAchievement,
  movements: ReadonlyMap<string, Movement>,
  context: ReportContext,
  told: ReturnType<typeof teller>,
): readonly ProgressResult[] {
  const key = { titleId, playerId, achievementId: achievement.id }
  const codes = new Set(achievement.requirements.map(({ statCode }) => statCode))
  const results = [...movements]
    .filter(([statCode]) => codes.has(statCode))
    .map(([statCode, { after }]) =>
      report(ledger, key, achievement, { kind: 'stat', statCode, quantity: after }, context, told),
    )
  const [first, last] = [results[0], results.at(-1)]
  if (first === undefined || last === undefined || !results.some(({ changed }) => changed)) return []
  const newlyUnlocked = results.some((result) => result.newlyUnlocked)
  return [{ ...last, changed: true, newlyUnlocked, alreadyUnlocked: first.alreadyUnlocked }]
}
