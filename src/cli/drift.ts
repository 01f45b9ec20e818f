import { z } from 'zod'
import type { EntryOutcome } from '../gen/laurel/v1/exchange.ts'
import { type Progress, ProgressState } from '../gen/laurel/v1/progress.ts'
import { listing } from './terminal.ts'

const driftStateSchema = z.object({
  state: z.string(),
  percent: z.int(),
  /** By requirement id. Text, because values are exact. */
  values: z.record(z.string(), z.string()),
})

type DriftState = z.infer<typeof driftStateSchema>

export const driftSchema = z.object({
  playerId: z.string(),
  achievementId: z.string(),
  theirs: driftStateSchema,
  ours: driftStateSchema,
})

/** Progress of a player that is less in the platform's document than in Laurel, which keeps its own. */
export type Drift = z.infer<typeof driftSchema>

/** @param theirs undefined if the document does not mention the achievement */
export function driftOf(theirs: Progress | undefined, ours: Progress): Drift {
  const { playerId, achievementId } = ours
  return { playerId, achievementId, theirs: stateOf(theirs), ours: stateOf(ours) }
}

export function driftIn({ drift }: EntryOutcome): Drift | undefined {
  return drift?.stored && driftOf(drift.document, drift.stored)
}

/** @param driftCount of which `drift` may hold only the first */
export function driftLines(drift: readonly Drift[], driftCount: number): readonly string[] {
  const rows = drift.map(({ playerId, achievementId, theirs, ours }) => [
    playerId,
    achievementId,
    describeState(theirs),
    describeState(ours),
  ])
  return [
    ...listing(
      'drift: the platform has less progress than Laurel, which keeps its own:',
      ['player', 'achievement', 'platform', 'Laurel'],
      rows,
    ),
    ...(driftCount > drift.length ? [`  and ${driftCount - drift.length} more`] : []),
  ]
}

const STATES: Readonly<Record<ProgressState, string>> = {
  [ProgressState.UNSPECIFIED]: 'unknown',
  [ProgressState.NOT_STARTED]: 'not started',
  [ProgressState.IN_PROGRESS]: 'in progress',
  [ProgressState.ACHIEVED]: 'achieved',
}

function stateOf(progress: Progress | undefined): DriftState {
  if (progress === undefined) return { state: STATES[ProgressState.NOT_STARTED], percent: 0, values: {} }
  const { state, percent, requirements } = progress
  const values = requirements.map(({ requirementId, current }) => [
    requirementId,
    String(current?.value?.value ?? ''),
  ])
  return { state: STATES[state], percent, values: Object.fromEntries(values) }
}

function describeState({ state, percent, values }: DriftState): string {
  if (state !== STATES[ProgressState.IN_PROGRESS]) return state
  return [state, `${percent} %`, ...Object.entries(values).map(([id, value]) => `${id} ${value}`)].join(', ')
}
