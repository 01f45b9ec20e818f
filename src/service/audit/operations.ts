import * as permission from '../authorization.ts'
import { operation, type Requirement } from '../authorization.ts'
import { type ListAuditEntries, listAuditEntries } from './list-audit-entries.ts'

export const AUDIT_OPERATIONS = {
  listAuditEntries: operation(listAuditEntries, permissionsOf),
}

function permissionsOf({ titleId }: ListAuditEntries): readonly Requirement[] {
  if (titleId !== undefined) return [permission.audit(titleId)]
  const advice = 'set title_id to a title of its own'
  return [
    { ...permission.audit(permission.ALL), instead: { requires: permission.audit(permission.SOME), advice } },
  ]
}
