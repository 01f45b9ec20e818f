import * as right from '../authorization.ts'
import { operation, reporting } from '../operation.ts'
import { countUnlocks } from './count-unlocks.ts'
import { resetProgress, restoreAchievement, revokeAchievement } from './enforcement.ts'
import { getPlayerSummary, getProgress, listPlayerTitles } from './get-progress.ts'
import { listProgress, listTitleProgress } from './list-progress.ts'
import { batchRecordProgress, recordProgress, unlockAchievements } from './record-progress.ts'

export const PROGRESS_OPERATIONS = {
  recordProgress: operation(recordProgress, reporting),
  batchRecordProgress: operation(batchRecordProgress, ({ items }) => items.flatMap(reporting)),
  unlockAchievements: operation(unlockAchievements, ({ titleId, playerId, trusted }) => [
    trusted ? right.enforcement(titleId, playerId, 'update') : right.progress(titleId, playerId, 'update'),
  ]),
  getProgress: operation(getProgress, ({ titleId, playerId }) => [
    right.enforcement(titleId, playerId, 'read'),
  ]),
  listProgress: operation(listProgress, ({ titleId, playerId, view }) => [
    view === 'player'
      ? right.progress(titleId, playerId, 'read')
      : right.enforcement(titleId, playerId, 'read'),
  ]),
  listTitleProgress: operation(listTitleProgress, ({ titleId, playerId }) => [
    playerId === undefined ? right.catalogue(titleId) : right.progress(titleId, playerId, 'read'),
  ]),
  // Totals over all players, which platforms show to every visitor of the catalogue.
  countUnlocks: operation(countUnlocks, ({ titleId }) => [right.catalogue(titleId)]),
  listPlayerTitles: operation(listPlayerTitles, ({ playerId }) => [
    right.progress(right.SOME, playerId, 'read'),
  ]),
  getPlayerSummary: operation(getPlayerSummary, ({ titleId, playerId }) => [
    right.progress(titleId, playerId, 'read'),
  ]),
  revokeAchievement: operation(revokeAchievement, ({ titleId, playerId }) => [
    right.enforcement(titleId, playerId, 'update'),
  ]),
  restoreAchievement: operation(restoreAchievement, ({ titleId, playerId }) => [
    right.enforcement(titleId, playerId, 'update'),
  ]),
  resetProgress: operation(resetProgress, ({ titleId, playerId }) => [
    right.enforcement(titleId, playerId, 'delete'),
  ]),
}
