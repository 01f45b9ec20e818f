import { ACHIEVEMENT_OPERATIONS } from './achievements/operations.ts'
import { authorize } from './authorization.ts'
import { COMMUNITY_OPERATIONS } from './community/operations.ts'
import { DESTINATION_OPERATIONS } from './destinations/operations.ts'
import { EVENT_OPERATIONS } from './events/operations.ts'
import { EXCHANGE_OPERATIONS } from './exchange/operations.ts'
import { IMAGE_OPERATIONS } from './images/operations.ts'
import { type Operation, publicAccess } from './operation.ts'
import { PLAYER_OPERATIONS } from './players/operations.ts'
import { PROGRESS_OPERATIONS } from './progress/operations.ts'
import type { Call, Services } from './services.ts'
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
  ...DESTINATION_OPERATIONS,
  ...EXCHANGE_OPERATIONS,
}

type Table = typeof OPERATIONS

export type OperationName = keyof Table

/**
 * The use cases, each behind its check. The check comes before anything else is done, and throws UNAUTHENTICATED or
 * PERMISSION_DENIED.
 */
export type Operations = {
  readonly [Name in OperationName]: (
    request: Parameters<Table[Name]['run']>[1],
    call: Call,
  ) => ReturnType<Table[Name]['run']>
}

export function openOperations(services: Services): Operations {
  const open = ([name, { run, requires }]: [string, Operation<never, unknown>]) => [
    name,
    (request: never, call: Call) => {
      if (requires !== publicAccess) authorize(call.principal, requires(request))
      return run(services, request, call)
    },
  ]
  return Object.fromEntries(Object.entries(OPERATIONS).map((entry) => open(entry as never))) as Operations
}
