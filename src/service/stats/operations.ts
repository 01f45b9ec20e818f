import type { StatWriter } from '../../model/stat.ts'
import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { pullFirst } from '../migration-jobs/lazy/pull-first.ts'
import { followMerges } from '../players/follow-merges.ts'
import {
  deleteStatValue,
  listStatHolders,
  listStatItems,
  listStatValues,
  recordStats,
  type StatItem,
} from './stat-values.ts'
import { createStat, deleteStat, getStat, listStats, listStatUsage, updateStat } from './stats.ts'

export const STAT_OPERATIONS = {
  createStat: operation(createStat, ({ stat }) => [permission.stats(stat.titleId, 'create')]),
  getStat: operation(getStat, ({ titleId }) => [permission.stats(titleId, 'read')]),
  listStats: operation(listStats, ({ titleId }) => [permission.stats(titleId, 'read')]),
  updateStat: operation(updateStat, ({ titleId }) => [permission.stats(titleId, 'update')]),
  deleteStat: operation(deleteStat, ({ titleId }) => [permission.stats(titleId, 'delete')]),
  recordStats: operation(pullFirst(recordStats), ({ titleId, playerId, occurredTime, writer }) => [
    writePermission(writer)(titleId, playerId, 'update'),
    ...permission.backdating({ titleId, playerId, occurredTime }),
  ]),
  listStatHolders: operation(listStatHolders, ({ titleId }) => [permission.stats(titleId, 'read')]),
  listStatUsage: operation(listStatUsage, ({ titleId }) => [permission.stats(titleId, 'read')]),
  deleteStatValue: operation(followMerges(deleteStatValue), ({ titleId, playerId, writer }) => [
    writePermission(writer)(titleId, playerId, 'delete'),
  ]),
  listStatItems: operation(pullFirst(followMerges(listStatItems, hasNoValue)), ({ titleId, playerId }) => [
    permission.statValues(titleId, playerId, 'read'),
  ]),
  listStatItemsAsAdmin: operation(
    pullFirst(followMerges(listStatItems, hasNoValue)),
    ({ titleId, playerId }) => [permission.statValuesAsAdmin(titleId, playerId, 'read')],
  ),
  listStatValues: operation(
    pullFirst(followMerges(listStatValues, (values) => values.length === 0)),
    ({ titleId, playerId }) => [permission.statValues(titleId, playerId, 'read')],
  ),
}

function hasNoValue(items: readonly StatItem[]): boolean {
  return items.every(({ value }) => value === undefined)
}

/** Writing as a server requires the admin permission. */
function writePermission(writer: StatWriter | undefined): typeof permission.statValues {
  return writer === 'server' ? permission.statValuesAsAdmin : permission.statValues
}
