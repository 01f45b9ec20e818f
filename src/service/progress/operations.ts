import * as right from '../authorization.ts'
import { operation, reporting } from '../operation.ts'
import { batchRecordProgress } from './batch-record-progress.ts'
import { countUnlocks } from './count-unlocks.ts'
import { getPlayerSummary } from './get-player-summary.ts'
import { getProgress } from './get-progress.ts'
import { listPlayerTitles } from './list-player-titles.ts'
import { listProgress } from './list-progress.ts'
import { listTitleProgress } from './list-title-progress.ts'
import { recordProgress } from './record-progress.ts'
import { resetProgress } from './reset-progress.ts'
import { restoreAchievement } from './restore-achievement.ts'
import { revokeAchievement } from './revoke-achievement.ts'
import { unlockAchievements } from './unlock-achievements.ts'

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
  listStandings: operation(listTitleProgress, ({ titleId, playerId }) => [
    playerId === undefined ? right.catalogue(titleId) : right.progress(titleId, playerId, 'read'),
  ]),
  // Says of all players together what a platform tells anybody about the title.
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
