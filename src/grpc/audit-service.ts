import { AuditResourceType } from '../gen/laurel/v1/audit.ts'
import type { AuditServiceService, ListAuditEntriesRequest } from '../gen/laurel/v1/audit_service.ts'
import type { ListAuditEntries } from '../service/audit/list-audit-entries.ts'
import type { Operations } from '../service/operations.ts'
import { RESOURCE_TYPES, writeAuditEntry } from './convert/audit.ts'
import { readChoice, readOptionalId, readPaging, readText } from './convert/scalars.ts'
import { readTimeRange } from './convert/time.ts'
import { parse } from './convert/violations.ts'
import { type HandlersOf, unary } from './handlers.ts'

export function auditService(operations: Operations): HandlersOf<typeof AuditServiceService> {
  return {
    listAuditEntries: unary(async (message, call) => {
      const { items, nextPageToken } = await operations.listAuditEntries(readRequest(message), call)
      return { auditEntries: items.map(writeAuditEntry), nextPageToken: nextPageToken ?? '' }
    }),
  }
}

function readRequest(message: ListAuditEntriesRequest): ListAuditEntries {
  return parse((violations) => {
    const type = readChoice(
      message.resourceType,
      RESOURCE_TYPES,
      AuditResourceType,
      'resource_type',
      violations,
    )
    return {
      titleId: readOptionalId(message.titleId, 'title_id', violations),
      resourceType: type === 'any' ? undefined : type,
      resourceId: readOptionalId(message.resourceId, 'resource_id', violations),
      playerId: readOptionalId(message.playerId, 'player_id', violations),
      actor: readText(message.actor, 'actor', violations) || undefined,
      operation: readText(message.operation, 'operation', violations) || undefined,
      ...readTimeRange(message, violations),
      order: message.oldestFirst ? 'oldest_first' : 'newest_first',
      ...readPaging(message, violations),
    }
  })
}
