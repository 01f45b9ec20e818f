import {
  type CommunityContribution,
  type Progress as ProgressMessage,
  type ProgressResult as ProgressResultMessage,
  ProgressState as ProgressStateOnWire,
  ProgressView,
  UnlockPrecision as UnlockPrecisionOnWire,
} from '../../gen/laurel/v1/progress.ts'
import type { BatchItem, RecordProgressRequest } from '../../gen/laurel/v1/progress_service.ts'
import { LIMITS } from '../../model/limits.ts'
import type {
  Progress,
  ProgressKey,
  ProgressResult,
  ProgressState,
  UnlockPrecision,
} from '../../model/progress.ts'
import { compareQuantities } from '../../model/quantity.ts'
import type { ListProgress } from '../../service/progress/list-progress.ts'
import type { RecordProgress } from '../../service/progress/writer/contract.ts'
import type { ContributionResult } from '../../service/stats/record-contributions.ts'
import { readList, writeExtensions } from './collections.ts'
import {
  type Choices,
  readChoice,
  readId,
  readOptionalId,
  readQuantity,
  readRequestId,
  readWithin,
  writeQuantity,
} from './scalars.ts'
import { readInstant, writeOptionalInstant } from './time.ts'
import type { Violations } from './violations.ts'

const STATES: Choices<ProgressStateOnWire, ProgressState> = {
  [ProgressStateOnWire.UNSPECIFIED]: undefined,
  [ProgressStateOnWire.NOT_STARTED]: 'not_started',
  [ProgressStateOnWire.IN_PROGRESS]: 'in_progress',
  [ProgressStateOnWire.ACHIEVED]: 'achieved',
}

export const STATES_ON_WIRE: Readonly<Record<ProgressState, ProgressStateOnWire>> = {
  not_started: ProgressStateOnWire.NOT_STARTED,
  in_progress: ProgressStateOnWire.IN_PROGRESS,
  achieved: ProgressStateOnWire.ACHIEVED,
}

const PRECISIONS_ON_WIRE: Readonly<Record<UnlockPrecision, UnlockPrecisionOnWire>> = {
  exact: UnlockPrecisionOnWire.EXACT,
  reported: UnlockPrecisionOnWire.REPORTED,
  imported: UnlockPrecisionOnWire.IMPORTED,
  unknown: UnlockPrecisionOnWire.UNKNOWN,
}

const VIEWS: Choices<ProgressView, Exclude<ListProgress['view'], 'all'>> = {
  [ProgressView.UNSPECIFIED]: 'full',
  [ProgressView.FULL]: 'full',
  [ProgressView.PLAYER]: 'player',
}

export function readView(view: ProgressView, violations: Violations): Exclude<ListProgress['view'], 'all'> {
  return readChoice(view, VIEWS, ProgressView, 'view', violations)
}

export function readStates(
  states: readonly ProgressStateOnWire[],
  violations: Violations,
): readonly ProgressState[] {
  return readList(states, LIMITS.choices, 'states', violations, (state, field) =>
    readChoice(state, STATES, ProgressStateOnWire, field, violations),
  )
}

export function writeProgress(key: ProgressKey, progress: Progress): ProgressMessage {
  const { unlockPrecision } = progress
  return {
    titleId: key.titleId,
    playerId: key.playerId,
    achievementId: key.achievementId,
    state: STATES_ON_WIRE[progress.state],
    requirements: writeValues(progress.values),
    percent: progress.percent,
    reportedPercent: progress.reportedPercent,
    unlockTime: writeOptionalInstant(progress.unlockTime),
    unlockPrecision:
      unlockPrecision === undefined ? UnlockPrecisionOnWire.UNSPECIFIED : PRECISIONS_ON_WIRE[unlockPrecision],
    firstReportTime: writeOptionalInstant(progress.firstReportTime),
    lastReportTime: writeOptionalInstant(progress.lastReportTime),
    revoked: progress.revoked,
    writer: progress.writer,
    extensions: writeExtensions(progress.extensions),
  }
}

export function writeProgressResult(
  result: ProgressResult,
): ProgressResultMessage & { readonly progress: ProgressMessage } {
  return {
    progress: writeProgress(result, result.progress),
    changed: result.changed,
    newlyUnlocked: result.newlyUnlocked,
    alreadyUnlocked: result.alreadyUnlocked,
    missingRequirementIds: [...result.missing],
  }
}

export function writeContribution({ unlockTime, ...result }: ContributionResult): CommunityContribution {
  return { ...result, unlockTime: writeOptionalInstant(unlockTime) }
}

function writeValues(values: Progress['values']): ProgressMessage['requirements'] {
  const entries = Object.entries(values).sort(([left], [right]) => (left < right ? -1 : 1))
  return entries.map(([requirementId, current]) => ({ requirementId, current: writeQuantity(current) }))
}

type ReportMessage = NonNullable<RecordProgressRequest['report'] | BatchItem['report']>

/** Reads a report. Members are in alphabetical order, so that the request digest needs no sorting. */
export function readRecordProgress(
  message: RecordProgressRequest | BatchItem,
  violations: Violations,
): RecordProgress {
  const titleId = readId(message.titleId, 'title_id', violations)
  const playerId = readId(message.playerId, 'player_id', violations)
  const achievementId = readId(message.achievementId, 'achievement_id', violations)
  const occurredTime = readInstant(message.occurredTime, 'occurred_time', violations)
  const requestId = readRequestId(message.requestId, violations)
  const report = readReport(message.report, violations)
  return { achievementId, occurredTime, playerId, report, requestId, titleId }
}

export function readReport(
  message: ReportMessage | undefined,
  violations: Violations,
): RecordProgress['report'] {
  switch (message?.$case) {
    case 'reach': {
      const requirementId = readOptionalId(message.value.requirementId, 'reach.requirement_id', violations)
      const quantity = readQuantity(message.value.quantity, 'reach.quantity', violations)
      return { kind: 'reach', quantity, requirementId }
    }
    case 'add': {
      const requirementId = readOptionalId(message.value.requirementId, 'add.requirement_id', violations)
      const quantity = readQuantity(message.value.quantity, 'add.quantity', violations)
      if (compareQuantities(quantity, 0n) < 0) violations.add('add.quantity', 'must not be negative')
      return { kind: 'add', quantity, requirementId }
    }
    case 'percent':
      return { kind: 'percent', percent: readWithin(message.value, [0, 100], 'percent', violations) }
    case 'unlock':
      if (!message.value) violations.add('unlock', 'must be true, or another report be set')
      return { kind: 'unlock' }
    case undefined:
      violations.add('report', 'must be set')
      return { kind: 'unlock' }
  }
}
