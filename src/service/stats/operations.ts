import * as right from '../authorization.ts'
import { ifStated, operation, requireAdmin } from '../operation.ts'
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
  createStat: operation(createStat, ({ stat }) => [right.stats(stat.titleId, 'create')]),
  getStat: operation(getStat, ({ titleId }) => [right.stats(titleId, 'read')]),
  listStats: operation(listStats, ({ titleId }) => [right.stats(titleId, 'read')]),
  updateStat: operation(updateStat, ({ titleId }) => [right.stats(titleId, 'update')]),
  deleteStat: operation(deleteStat, ({ titleId }) => [right.stats(titleId, 'delete')]),
  recordStats: operation(recordStats, ({ titleId, playerId, occurredTime, writer }) => [
    requireAdmin(writer === 'server', right.statValues(titleId, playerId, 'update')),
    ...ifStated(occurredTime, right.enforcement(titleId, playerId, 'update')),
  ]),
  listStatHolders: operation(listStatHolders, ({ titleId }) => [right.stats(titleId, 'read')]),
  listStatUsage: operation(listStatUsage, ({ titleId }) => [right.stats(titleId, 'read')]),
  deleteStatValue: operation(deleteStatValue, ({ titleId, playerId, writer }) => [
    requireAdmin(writer === 'server', right.statValues(titleId, playerId, 'delete')),
  ]),
  listStatItems: operation(listStatItems, ({ titleId, playerId, trusted }) => [
    requireAdmin(trusted, right.statValues(titleId, playerId, 'read')),
  ]),
  listStatValues: operation(listStatValues, ({ titleId, playerId }) => [
    right.statValues(titleId, playerId, 'read'),
  ]),
}
