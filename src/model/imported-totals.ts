import type { Violation } from './errors.ts'
import type { Instant } from './instant.ts'
import type { JsonObject } from './json.ts'
import type { Extensions } from './title.ts'

/** A player's totals of a title. */
export interface Totals {
  readonly unlockedCount: number
  readonly score: bigint
  readonly maxScore: bigint
  readonly lastUnlockTime: Instant | undefined
}

/** Counts and scores of totals are int32 and int64 on the wire. */
const MAX_COUNT = 2 ** 31 - 1
const MAX_SCORE = 2n ** 63n - 1n

/** Returns the violations of totals from a document. */
export function checkTotals({ unlockedCount, score, maxScore }: Totals): readonly Violation[] {
  const violations: Violation[] = []
  if (unlockedCount > MAX_COUNT)
    violations.push({ field: 'summary.unlocked_count', message: `must be at most ${MAX_COUNT}` })
  if (score > MAX_SCORE) violations.push({ field: 'summary.score', message: `must be at most ${MAX_SCORE}` })
  if (maxScore > MAX_SCORE)
    violations.push({ field: 'summary.max_score', message: `must be at most ${MAX_SCORE}` })
  return violations
}

/** The form in which a document's totals, and the members that only its dialect knows, are stored beside Laurel's own. */
export function totalsToJson({
  unlockedCount,
  score,
  maxScore,
  lastUnlockTime,
  extensions,
}: Totals & { readonly extensions: Extensions }): JsonObject {
  return {
    unlockedCount,
    score: String(score),
    maxScore: String(maxScore),
    ...(lastUnlockTime === undefined ? {} : { lastUnlockTime: String(lastUnlockTime) }),
    extensions: extensions as unknown as JsonObject,
  }
}

/** Returns the members of a dialect's imported totals that only the dialect knows. */
export function importedExtensions(imported: Extensions, dialect: string): Extensions {
  return (imported[dialect]?.['extensions'] ?? {}) as Extensions
}

/** Returns the higher of each of Laurel's own totals and those of imported documents, whichever dialect they are of. */
export function withImportedTotals<Own extends Totals>(own: Own, imported: Extensions): Own {
  let { unlockedCount, score, maxScore, lastUnlockTime } = own
  for (const claim of Object.values(imported)) {
    const members = claim as { readonly [member: string]: never }
    unlockedCount = Math.max(unlockedCount, Number(members['unlockedCount'] ?? 0))
    score = greater(score, BigInt(members['score'] ?? 0))
    maxScore = greater(maxScore, BigInt(members['maxScore'] ?? 0))
    const time = members['lastUnlockTime']
    if (time !== undefined) lastUnlockTime = greater(lastUnlockTime ?? BigInt(time), BigInt(time))
  }
  return { ...own, unlockedCount, score, maxScore, lastUnlockTime }
}

function greater(left: bigint, right: bigint): bigint {
  return left > right ? left : right
}
