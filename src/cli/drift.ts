import { z } from 'zod'
import { type Progress, ProgressState } from '../gen/laurel/v1/progress.ts'
import { listing } from './report.ts'

const driftStateSchema = z.object({
  state: z.string(),
  percent: z.int(),
  /** By requirement, as text, for they are exact. */
  values: z.record(z.string(), z.string()),
})

type DriftState = z.infer<typeof driftStateSchema>

export const driftSchema = z.object({
  playerId: z.string(),
  achievementId: z.string(),
  theirs: driftStateSchema,
  ours: driftStateSchema,
})

/** Where somebody else says less of a player's progress than is here. */
export type Drift = z.infer<typeof driftSchema>

/** @param theirs undefined where they say nothing of it */
export function driftOf(theirs: Progress | undefined, ours: Progress): Drift {
  const { playerId, achievementId } = ours
  return { playerId, achievementId, theirs: standingOf(theirs), ours: standingOf(ours) }
}

/** For a person; there may be more than are told. */
export function driftLines(drift: readonly Drift[], driftCount: number): readonly string[] {
  const rows = drift.map(({ playerId, achievementId, theirs, ours }) => [
    playerId,
    achievementId,
    inWords(theirs),
    inWords(ours),
  ])
  return [
    ...listing(
      'drift: players have less there than here, which stays as it is:',
      ['player', 'achievement', 'there', 'here'],
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

function standingOf(progress: Progress | undefined): DriftState {
  if (progress === undefined) return { state: STATES[ProgressState.NOT_STARTED], percent: 0, values: {} }
  const { state, percent, requirements } = progress
  const values = requirements.map(({ requirementId, current }) => [
    requirementId,
    String(current?.value?.value ?? ''),
  ])
  return { state: STATES[state], percent, values: Object.fromEntries(values) }
}

function inWords({ state, percent, values }: DriftState): string {
  const said = Object.entries(values).map(([id, value]) => `${id} ${value}`)
  return [state, ...(state === 'in progress' ? [`${percent} %`, ...said] : [])].join(', ')
}
