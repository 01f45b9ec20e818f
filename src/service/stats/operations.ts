import type { StatWriter } from '../../model/stat.ts'
import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { createStat } from './create-stat.ts'
import { deleteStat } from './delete-stat.ts'
import { deleteStatValue } from './delete-stat-value.ts'
import { getStat } from './get-stat.ts'
import { listStatHolders } from './list-stat-holders.ts'
import { listStatItems } from './list-stat-items.ts'
import { listStatUsage } from './list-stat-usage.ts'
import { listStatValues } from './list-stat-values.ts'
import { listStats } from './list-stats.ts'
import { recordStats } from './record-stats.ts'
import { updateStat } from './update-stat.ts'

export const STAT_OPERATIONS = {
  createStat: operation(createStat, ({ stat }) => [permission.stats(stat.titleId, 'create')]),
  getStat: operation(getStat, ({ titleId }) => [permission.stats(titleId, 'read')]),
  listStats: operation(listStats, ({ titleId }) => [permission.stats(titleId, 'read')]),
  updateStat: operation(updateStat, ({ titleId }) => [permission.stats(titleId, 'update')]),
  deleteStat: operation(deleteStat, ({ titleId }) => [permission.stats(titleId, 'delete')]),
  recordStats: operation(recordStats, ({ titleId, playerId, occurredTime, writer }) => [
    writePermission(writer)(titleId, playerId, 'update'),
    ...permission.backdating({ titleId, playerId, occurredTime }),
  ]),
  listStatHolders: operation(listStatHolders, ({ titleId }) => [permission.stats(titleId, 'read')]),
  listStatUsage: operation(listStatUsage, ({ titleId }) => [permission.stats(titleId, 'read')]),
  deleteStatValue: operation(deleteStatValue, ({ titleId, playerId, writer }) => [
    writePermission(writer)(titleId, playerId, 'delete'),
  ]),
  listStatItems: operation(listStatItems, ({ titleId, playerId }) => [
    permission.statValues(titleId, playerId, 'read'),
  ]),
  listStatItemsAsAdmin: operation(listStatItems, ({ titleId, playerId }) => [
    permission.statValuesAsAdmin(titleId, playerId, 'read'),
  ]),
  listStatValues: operation(listStatValues, ({ titleId, playerId }) => [
    permission.statValues(titleId, playerId, 'read'),
  ]),
}

/** Writing as a server requires the admin permission. */
function writePermission(writer: StatWriter | undefined): typeof permission.statValues {
  return writer === 'server' ? permission.statValuesAsAdmin : permission.statValues
}
