import { invalidArgument, LaurelError } from '../../model/errors.ts'
import type { PlayerTitleKey, StatUpdates } from '../../model/progress.ts'
import {
  applyStatOperation,
  type Stat,
  type StatOperation,
  type StatValue,
  type StatWriter,
} from '../../model/stat.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import { statNotFound, titleOf } from '../require.ts'

export interface StatUpdate {
  readonly code: string
  readonly operation: StatOperation
  /** The operand; ignored by a reset. */
  readonly value: number
  /** A precondition: the player already has a value of the stat (`present`), or has none yet (`absent`). */
  readonly when?: 'present' | 'absent'
}

/** A stat's value before and after a call's updates. */
export interface Movement {
  readonly before: number
  readonly after: number
  readonly updates: StatUpdates
}

/** Returns whether a call writes stats as a client or as a server. */
export function writerOf({ writer }: { readonly writer?: StatWriter }, { principal }: Call): StatWriter {
  return principal.kind === 'player' ? 'client' : (writer ?? 'server')
}

/** Returns the stats by code, share-locked until the end of the transaction. */
export async function lockStats(
  queries: Queries,
  titleId: string,
  codes: readonly string[],
  writer: StatWriter,
): Promise<ReadonlyMap<string, Stat>> {
  const stats = new Map((await queries.stats.lockShared(titleId, codes)).map((stat) => [stat.code, stat]))
  if (codes.some((code) => !stats.has(code))) await titleOf(queries, titleId)
  checkStats(titleId, codes, stats, writer)
  return stats
}

/** @throws LaurelError for a stat that does not exist or that the writer may not write. */
export function checkStats(
  titleId: string,
  codes: readonly string[],
  stats: ReadonlyMap<string, Stat>,
  writer: StatWriter,
): void {
  for (const code of codes) {
    const stat = stats.get(code)
    if (stat === undefined) throw statNotFound(titleId, code)
    if (writer === 'server' || stat.setBy === 'client') continue
    const message = `stat ${code} is written by servers only: update it with a server's credential`
    throw new LaurelError('permission_denied', 'SERVER_ONLY', message, {
      metadata: { titleId, statCode: code },
    })
  }
}

/** Returns each changed stat's value before and after all updates, by code in order of first mention. */
export function movementsOf(
  { updates, ...key }: PlayerTitleKey & { readonly updates: readonly StatUpdate[] },
  stats: ReadonlyMap<string, Stat>,
  current: ReadonlyMap<string, StatValue>,
): ReadonlyMap<string, Movement> {
  const movements = new Map<string, Movement>()
  for (const [index, { code, operation, value, when }] of updates.entries()) {
    const stat = stats.get(code) as Stat
    const earlier = movements.get(code)
    const exists = earlier !== undefined || current.has(code)
    if (when !== undefined) checkPresence(key, code, when, exists)
    const before = earlier?.after ?? current.get(code)?.value ?? stat.defaultValue
    const after = applyStatOperation(stat, operation, before, value)
    if (operation !== 'reset') checkValue(stat, before, after, `updates[${index}].value`)
    movements.set(code, {
      before: earlier?.before ?? before,
      after,
      updates: withUpdate(earlier?.updates ?? NO_UPDATES, operation, value, { before, after }),
    })
  }
  return movements
}

export const NO_UPDATES: StatUpdates = { steps: [], highest: undefined, lowest: undefined }

function withUpdate(
  { steps, highest, lowest }: StatUpdates,
  operation: StatOperation,
  operand: number,
  step: { readonly before: number; readonly after: number },
): StatUpdates {
  const isStep = operation === 'set' || operation === 'increment'
  const isLow =
    operation === 'min' || operation === 'set' || (operation === 'increment' && step.after < step.before)
  const low = operation === 'min' ? operand : step.after
  return {
    steps: isStep ? [...steps, step] : steps,
    highest: operation === 'max' ? Math.max(operand, highest ?? operand) : highest,
    lowest: isLow ? Math.min(low, lowest ?? low) : lowest,
  }
}

function checkPresence(
  { titleId, playerId }: PlayerTitleKey,
  code: string,
  when: 'present' | 'absent',
  exists: boolean,
): void {
  if ((when === 'present') === exists) return
  if (!exists) throw statValueNotFound({ titleId, playerId }, code)
  const message = `the player already has a value of stat ${code}`
  const metadata = { titleId, playerId, statCode: code }
  throw new LaurelError('already_exists', 'STAT_VALUE_EXISTS', message, { metadata })
}

export function statValueNotFound({ titleId, playerId }: PlayerTitleKey, code: string): LaurelError {
  const message = `the player has no value of stat ${code}`
  const metadata = { titleId, playerId, statCode: code }
  return new LaurelError('not_found', 'STAT_VALUE_NOT_FOUND', message, { metadata })
}

/** @throws LaurelError for a value that the stat does not allow: it is rejected, not clamped. */
export function checkValue(stat: Stat, before: number, after: number, field: string): void {
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
