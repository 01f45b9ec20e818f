import { invalidArgument, LaurelError } from '../model/errors.ts'
import type { Instant } from '../model/instant.ts'
import { applyStatOperation, type Stat, type StatOperation, type StatValue } from '../model/stat.ts'
import type { Queries } from '../store/queries.ts'
import { statNotFound, titleOf } from './lookup.ts'
import { type ProgressResult, report, teller, whenOf } from './reports.ts'
import type { Call, Services } from './services.ts'
import { mutateSheet } from './sheet-mutation.ts'

export interface StatUpdate {
  readonly code: string
  readonly operation: StatOperation
  readonly value: number
}

export interface RecordStats {
  readonly titleId: string
  readonly playerId: string
  /** Applied in their order; all of them or none. */
  readonly updates: readonly StatUpdate[]
  readonly occurredTime: Instant | undefined
  readonly requestId: string | undefined
}

export interface RecordStatsResult {
  /** The values after the updates, one for each stat that was named, in order of first mention. */
  readonly values: readonly StatValue[]
  /** What moved of the achievements that follow those stats. */
  readonly moved: readonly ProgressResult[]
}

/**
 * Writes a player's stats and moves, in the same transaction, each achievement that follows them.
 * @throws LaurelError for a value outside its stat's bounds: it is refused, not clamped.
 */
export async function recordStats(
  services: Services,
  request: RecordStats,
  call: Call,
): Promise<RecordStatsResult> {
  const { titleId, playerId } = request
  const codes = [...new Set(request.updates.map(({ code }) => code))]
  return mutateSheet(
    services,
    'recordStats',
    request,
    call,
    async (queries) => {
      await checkStats(queries, titleId, codes)
      return queries.holdAchievementsFollowing(titleId, codes)
    },
    async (queries, ledger, now, followers) => {
      const context = whenOf(services, now, request.occurredTime, call.actor)
      const stats = new Map((await queries.statsByCodes(titleId, codes)).map((stat) => [stat.code, stat]))
      const current = new Map((await queries.statValuesOf(request)).map(({ code, value }) => [code, value]))
      const values = updatedValues(titleId, request.updates, stats, current)
      await queries.putStatValues(
        [...values].map(([code, value]) => ({ playerId, titleId, code, value, updateTime: context.time })),
      )
      const moved: ProgressResult[] = []
      for (const achievement of followers) {
        const key = { titleId, playerId, achievementId: achievement.id }
        const results = [...values].map(([statCode, quantity]) =>
          report(
            ledger,
            key,
            achievement,
            { kind: 'stat', statCode, quantity },
            context,
            teller(call, request.requestId),
          ),
        )
        const last = results.at(-1)
        if (last === undefined || !results.some(({ changed }) => changed)) continue
        const newlyUnlocked = results.some((result) => result.newlyUnlocked)
        moved.push({
          ...last,
          changed: true,
          newlyUnlocked,
          alreadyUnlocked: results[0]?.alreadyUnlocked === true,
        })
      }
      return {
        values: [...values].map(([code, value]) => ({ code, value, updateTime: context.time })),
        moved,
      }
    },
  )
}

async function checkStats(queries: Queries, titleId: string, codes: readonly string[]): Promise<void> {
  const known = new Set((await queries.statsByCodes(titleId, codes)).map(({ code }) => code))
  const unknown = codes.find((code) => !known.has(code))
  if (unknown === undefined) return
  await titleOf(queries, titleId)
  throw statNotFound(titleId, unknown)
}

function updatedValues(
  titleId: string,
  updates: readonly StatUpdate[],
  stats: ReadonlyMap<string, Stat>,
  current: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const values = new Map<string, number>()
  for (const [index, { code, operation, value }] of updates.entries()) {
    const stat = stats.get(code)
    // Deleted after the check, while this transaction waited for the sheet.
    if (stat === undefined) throw statNotFound(titleId, code)
    const before = values.get(code) ?? current.get(code) ?? stat.defaultValue
    const after = applyStatOperation(operation, before, value)
    checkValue(stat, before, after, `updates[${index}].value`)
    values.set(code, after)
  }
  return values
}

function checkValue(stat: Stat, before: number, after: number, field: string): void {
  if (!Number.isFinite(after)) {
    throw invalidArgument([{ field, message: 'must leave the stat with a finite value' }])
  }
  const metadata = { titleId: stat.titleId, statCode: stat.code, value: String(after) }
  if (stat.incrementOnly && after < before) {
    const message = `stat ${stat.code} only rises, and ${after} is below its value ${before}`
    throw new LaurelError('failed_precondition', 'STAT_INCREMENT_ONLY', message, { metadata })
  }
  const [low, high] = [stat.minimum ?? Number.NEGATIVE_INFINITY, stat.maximum ?? Number.POSITIVE_INFINITY]
  if (after >= low && after <= high) return
  const message = `stat ${stat.code} must stay between ${low} and ${high}, and would become ${after}`
  throw new LaurelError('failed_precondition', 'STAT_OUT_OF_BOUNDS', message, { metadata })
}
