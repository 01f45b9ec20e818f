import { z } from 'zod'
import { type EntryOutcome, EntryOutcomeKind, type ImportSummary } from '../../gen/laurel/v1/exchange.ts'
import { type Drift, driftSchema } from '../drift.ts'

/** Further refusals, drift and possible duplicates are only counted, because the state is written with every page. */
const MAX_STORED = 1000

const countsSchema = z.object({
  new: z.int(),
  changed: z.int(),
  unchanged: z.int(),
  ignored: z.int(),
  refused: z.int(),
})

const refusalSchema = z.object({
  /** Empty for a definition. */
  playerId: z.string(),
  /** Path of the request to the platform; empty if there was none. */
  request: z.string(),
  /** JSON path in the response. */
  path: z.string(),
  achievementId: z.string(),
  reason: z.string(),
  message: z.string(),
})

const possibleDuplicatesSchema = z.object({
  /** The achievement that would be created. */
  achievementId: z.string(),
  /** Existing achievements that look the same. */
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
  possibleDuplicates: z.array(possibleDuplicatesSchema),
  possibleDuplicatesCount: z.int(),
})

export type Counts = z.infer<typeof countsSchema>
export type Refusal = z.infer<typeof refusalSchema>

/** The counts of a pull, and its refusals, drift and possible duplicates. */
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
    possibleDuplicates: [],
    possibleDuplicatesCount: 0,
  }
}

const COUNTS: Readonly<Record<EntryOutcomeKind, keyof Counts>> = {
  [EntryOutcomeKind.UNSPECIFIED]: 'ignored',
  [EntryOutcomeKind.NEW]: 'new',
  [EntryOutcomeKind.REPLACED]: 'changed',
  [EntryOutcomeKind.UNCHANGED]: 'unchanged',
  [EntryOutcomeKind.IGNORED]: 'ignored',
  [EntryOutcomeKind.FAILED]: 'refused',
}

export function countOf({ kind }: EntryOutcome): keyof Counts {
  return COUNTS[kind]
}

export function addSummary(tally: Tally, { newlyUnlockedCount, lossCount }: ImportSummary): void {
  tally.newlyUnlocked += newlyUnlockedCount
  tally.losses += lossCount
}

export function addRefusal(tally: Tally, refusal: Refusal): void {
  if (tally.refused.length < MAX_STORED) tally.refused.push(refusal)
}

export function addDrift(tally: Tally, drift: Drift): void {
  tally.driftCount += 1
  if (tally.drift.length < MAX_STORED) tally.drift.push(drift)
}

export function addPossibleDuplicates(
  tally: Tally,
  { achievementId, possibleDuplicates }: EntryOutcome,
): void {
  if (possibleDuplicates.length === 0) return
  tally.possibleDuplicatesCount += 1
  if (tally.possibleDuplicates.length < MAX_STORED)
    tally.possibleDuplicates.push({ achievementId, possibleDuplicates })
}

/** Returns the number of refused entries and players. */
export function refusedCount({ definitions, progress, players }: Tally): number {
  return definitions.refused + progress.refused + players.refused
}
