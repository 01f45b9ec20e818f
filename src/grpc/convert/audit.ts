import {
  type AuditEntry as AuditEntryMessage,
  AuditResourceType as OnWire,
} from '../../gen/laurel/v1/audit.ts'
import type { AuditEntry, AuditResourceType } from '../../model/audit.ts'
import type { Choices } from './scalars.ts'
import { writeInstant } from './time.ts'

export const RESOURCE_TYPES: Choices<OnWire, AuditResourceType | 'any'> = {
  [OnWire.UNSPECIFIED]: 'any',
  [OnWire.TITLE]: 'title',
  [OnWire.ACHIEVEMENT]: 'achievement',
  [OnWire.STAT]: 'stat',
  [OnWire.PLAYER]: 'player',
  [OnWire.DESTINATION]: 'destination',
  [OnWire.PROGRESS]: 'progress',
  [OnWire.STAT_VALUE]: 'stat_value',
  [OnWire.IMPORT]: 'import',
  [OnWire.CREDENTIAL]: 'credential',
  [OnWire.PLAN]: 'plan',
  [OnWire.IMAGE]: 'image',
  [OnWire.MIGRATION_JOB]: 'migration_job',
}

const RESOURCE_TYPES_ON_WIRE: Readonly<Record<AuditResourceType, OnWire>> = {
  title: OnWire.TITLE,
  achievement: OnWire.ACHIEVEMENT,
  stat: OnWire.STAT,
  player: OnWire.PLAYER,
  destination: OnWire.DESTINATION,
  progress: OnWire.PROGRESS,
  stat_value: OnWire.STAT_VALUE,
  import: OnWire.IMPORT,
  credential: OnWire.CREDENTIAL,
  plan: OnWire.PLAN,
  image: OnWire.IMAGE,
  migration_job: OnWire.MIGRATION_JOB,
}

export function writeAuditEntry(entry: AuditEntry): AuditEntryMessage {
  return {
    auditEntryId: String(entry.id),
    time: writeInstant(entry.time),
    actor: entry.actor,
    operation: entry.operation,
    resourceType: RESOURCE_TYPES_ON_WIRE[entry.resourceType],
    titleId: entry.titleId,
    resourceId: entry.resourceId,
    playerId: entry.playerId,
    requestId: entry.requestId,
    reason: entry.reason,
    before: entry.before,
    after: entry.after,
    recordOmitted: entry.isRecordOmitted,
  }
}
