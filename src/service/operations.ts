import { ACHIEVEMENT_OPERATIONS } from './achievements/operations.ts'
import { AUDIT_OPERATIONS } from './audit/operations.ts'
import { CALLER_OPERATIONS } from './callers/operations.ts'
import { COMMUNITY_OPERATIONS } from './community/operations.ts'
import { DESTINATION_OPERATIONS } from './destinations/operations.ts'
import { EVENT_OPERATIONS } from './events/operations.ts'
import { EXCHANGE_OPERATIONS } from './exchange/operations.ts'
import { IMAGE_OPERATIONS } from './images/operations.ts'
import { MIGRATION_JOB_OPERATIONS } from './migration-jobs/operations.ts'
import { PLAN_OPERATIONS } from './plans/operations.ts'
import { PLAYER_OPERATIONS } from './players/operations.ts'
import { PROGRESS_OPERATIONS } from './progress/operations.ts'
import { RECORD_OPERATIONS } from './records/operations.ts'
import type { Services } from './services.ts'
import { STAT_OPERATIONS } from './stats/operations.ts'
import { TITLE_OPERATIONS } from './titles/operations.ts'

/**
 * Every operation of the server, by name, with the access that it requires. A wire calls these and nothing else of the
 * service, so no wire can forget to check permissions. Each noun's folder holds its own table.
 */
const OPERATIONS = {
  ...TITLE_OPERATIONS,
  ...ACHIEVEMENT_OPERATIONS,
  ...IMAGE_OPERATIONS,
  ...PLAYER_OPERATIONS,
  ...STAT_OPERATIONS,
  ...COMMUNITY_OPERATIONS,
  ...PROGRESS_OPERATIONS,
  ...EVENT_OPERATIONS,
  ...AUDIT_OPERATIONS,
  ...CALLER_OPERATIONS,
  ...DESTINATION_OPERATIONS,
  ...EXCHANGE_OPERATIONS,
  ...PLAN_OPERATIONS,
  ...MIGRATION_JOB_OPERATIONS,
  ...RECORD_OPERATIONS,
}

export type OperationName = keyof typeof OPERATIONS

export type Operations = {
  readonly [Name in OperationName]: ReturnType<(typeof OPERATIONS)[Name]>
}

export function openOperations(services: Services): Operations {
  const opened = Object.entries(OPERATIONS).map(([name, open]) => [name, open(services)])
  return Object.fromEntries(opened) as Operations
}
