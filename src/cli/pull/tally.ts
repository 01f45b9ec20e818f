import { z } from 'zod'
import { type EntryOutcome, EntryOutcomeKind, type ImportSummary } from '../../gen/laurel/v1/exchange.ts'
import { type Drift, driftSchema } from '../drift.ts'

/** Refused ones, drift and twins beyond these are only counted: the state is written with every page. */
const MOST_KEPT = 1000

const countsSchema = z.object({
  new: z.int(),
  changed: z.int(),
  unchanged: z.int(),
  ignored: z.int(),
  refused: z.int(),
})

const refusalSchema = z.object({
  /** Whose progress it is of; empty for a definition. */
  playerId: z.string(),
  /** What was asked of the platform; empty where nothing was. */
  request: z.string(),
  /** Where in the answer. */
  path: z.string(),
  achievementId: z.string(),
  reason: z.string(),
  message: z.string(),
})

const possibleDuplicatesSchema = z.object({
  /** The one that would be made. */
  achievementId: z.string(),
  /** Those that are there, and look the same. */
  possibleDuplicates: z.array(z.string()),
})

export const tallySchema = z.object({
  definitions: countsSchema,
  progress: countsSchema,
  players: z.object({ pulled: z.int(), refused: z.int() }),
  newlyUnlocked: z.int(),
  losses: z.int(),
  refused: z.array(refusalSchema),
  drift: z.array(driftSchema),
  driftCount: z.int(),
  twins: z.array(possibleDuplicatesSchema),
  twinsCount: z.int(),
})

export type Counts = z.infer<typeof countsSchema>
export type Refusal = z.infer<typeof refusalSchema>

/** What a pull did so far. */
export type Tally = z.infer<typeof tallySchema>

export function emptyTally(): Tally {
  const none = { new: 0, changed: 0, unchanged: 0, ignored: 0, refused: 0 }
  return {
    definitions: { ...none },
    progress: { ...none },
    players: { pulled: 0, refused: 0 },
    newlyUnlocked: 0,
    losses: 0,
    refused: [],
    drift: [],
    driftCount: 0,
    twins: [],
    twinsCount: 0,
  }
}

const KINDS: Readonly<Record<EntryOutcomeKind, keyof Counts>> = {
  [EntryOutcomeKind.UNSPECIFIED]: 'ignored',
  [EntryOutcomeKind.NEW]: 'new',
  [EntryOutcomeKind.REPLACED]: 'changed',
  [EntryOutcomeKind.UNCHANGED]: 'unchanged',
  [EntryOutcomeKind.IGNORED]: 'ignored',
  [EntryOutcomeKind.FAILED]: 'refused',
}

/** What became of an entry, in this report's words. */
export function kindOf({ kind }: EntryOutcome): keyof Counts {
  return KINDS[kind]
}

export function addSummary(tally: Tally, { newlyUnlockedCount, lossCount }: ImportSummary): void {
  tally.newlyUnlocked += newlyUnlockedCount
  tally.losses += lossCount
}

export function addRefusal(tally: Tally, refusal: Refusal): void {
  if (tally.refused.length < MOST_KEPT) tally.refused.push(refusal)
}

export function addDrift(tally: Tally, drift: Drift): void {
  tally.driftCount += 1
  if (tally.drift.length < MOST_KEPT) tally.drift.push(drift)
}

/** What is likely here already, under another id. */
export function addPossibleDuplicates(
  tally: Tally,
  { achievementId, possibleDuplicates }: EntryOutcome,
): void {
  if (possibleDuplicates.length === 0) return
  tally.twinsCount += 1
  if (tally.twins.length < MOST_KEPT) tally.twins.push({ achievementId, possibleDuplicates })
}

/** How many were refused, players too. */
export function refusedCount({ definitions, progress, players }: Tally): number {
  return definitions.refused + progress.refused + players.refused
}
