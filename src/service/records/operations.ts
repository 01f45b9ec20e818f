import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { type ExportRecords, exportRecords } from './export-records.ts'
import { importRecords } from './import-records.ts'

export const RECORD_OPERATIONS = {
  exportRecords: operation(exportRecords, ({ titleIds }: ExportRecords) => [
    ...(titleIds.length === 0 ? [permission.ALL] : titleIds).flatMap((titleId) => [
      permission.definitions(titleId, 'read'),
      permission.stats(titleId, 'read'),
      permission.enforcement(titleId, permission.ALL, 'read'),
    ]),
    permission.players(permission.ALL, 'read'),
  ]),
  importRecords: operation(importRecords, () => [
    permission.title(permission.ALL, 'create'),
    permission.definitions(permission.ALL, 'create'),
    permission.stats(permission.ALL, 'create'),
    permission.enforcement(permission.ALL, permission.ALL, 'update'),
    permission.players(permission.ALL, 'create'),
  ]),
}
