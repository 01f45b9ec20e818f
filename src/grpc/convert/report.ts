import type { BatchItem, RecordProgressRequest } from '../../gen/laurel/v1/progress_service.ts'
import { compareQuantities } from '../../model/quantity.ts'
import type { RecordProgress } from '../../service/progress/writer/contract.ts'
import { readQuantity, readWithin } from './numbers.ts'
import { readId, readOptionalId, readRequestId } from './texts.ts'
import { readInstant } from './time.ts'
import type { Violations } from './violations.ts'

type ReportMessage = NonNullable<RecordProgressRequest['report'] | BatchItem['report']>

/**
 * Whose progress on what, when, what of it, and under which request id. In the order of its members' names: so it is
 * packed for its fingerprint without being sorted.
 */
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
