import type { Progress } from '../../model/progress.ts'
import * as permission from '../authorization.ts'
import { operation, type Requirement } from '../authorization.ts'
import { pullAllFirst, pullFirst, pullPagesFirst } from '../migration-jobs/lazy/pull-first.ts'
import { followMerges, followMergesInPages } from '../players/follow-merges.ts'
import { grantAchievement, resetProgress, restoreAchievement, revokeAchievement } from './enforcement.ts'
import { getPlayerSummary, getProgress, listPlayerTitles } from './get-progress.ts'
import { listProgress, listTitleProgress } from './list-progress.ts'
import { batchRecordProgress, recordProgress, unlockAchievements } from './record-progress.ts'
import type { RecordProgress } from './writer/contract.ts'

export const PROGRESS_OPERATIONS = {
  recordProgress: operation(pullFirst(recordProgress), permissionsOfReport),
  batchRecordProgress: operation(pullAllFirst(batchRecordProgress), ({ items }) =>
    items.flatMap(permissionsOfReport),
  ),
  unlockAchievements: operation(pullFirst(unlockAchievements), ({ titleId, playerId }) => [
    permission.progress(titleId, playerId, 'update'),
  ]),
  unlockAchievementsAsAdmin: operation(pullFirst(unlockAchievements), ({ titleId, playerId }) => [
    permission.enforcement(titleId, playerId, 'update'),
  ]),
  getProgress: operation(pullFirst(followMerges(getProgress, isNotStarted)), ({ titleId, playerId }) => [
    permission.fullView(titleId, playerId, 'call ListProgress with the view PROGRESS_VIEW_PLAYER'),
  ]),
  listProgress: operation(
    pullFirst(followMerges(listProgress, ({ items }) => items.every(isNotStarted))),
    ({ titleId, playerId, view }) => [
      view === 'player'
        ? permission.progress(titleId, playerId, 'read')
        : permission.fullView(titleId, playerId, 'set the view to PROGRESS_VIEW_PLAYER'),
    ],
  ),
  listTitleProgress: operation(
    pullPagesFirst(followMergesInPages(listTitleProgress, (items) => items.every(isNotStarted))),
    ({ titleId, playerId }) => [
      playerId === undefined ? permission.catalogue(titleId) : permission.progress(titleId, playerId, 'read'),
    ],
  ),
  listPlayerTitles: operation(
    followMerges(listPlayerTitles, (titles) => titles.length === 0),
    ({ playerId }) => [permission.progress(permission.SOME, playerId, 'read')],
  ),
  getPlayerSummary: operation(
    pullFirst(followMerges(getPlayerSummary, ({ unlockedCount }) => unlockedCount === 0)),
    ({ titleId, playerId }) => [permission.progress(titleId, playerId, 'read')],
  ),
  grantAchievement: operation(pullFirst(followMerges(grantAchievement)), ({ titleId, playerId }) => [
    permission.enforcement(titleId, playerId, 'update'),
  ]),
  revokeAchievement: operation(pullFirst(followMerges(revokeAchievement)), ({ titleId, playerId }) => [
    permission.enforcement(titleId, playerId, 'update'),
  ]),
  restoreAchievement: operation(pullFirst(followMerges(restoreAchievement)), ({ titleId, playerId }) => [
    permission.enforcement(titleId, playerId, 'update'),
  ]),
  resetProgress: operation(
    // Else the progress would come back on the player's first call.
    pullFirst(followMerges(resetProgress, ({ resetCount }) => resetCount === 0)),
    ({ titleId, playerId }) => [permission.enforcement(titleId, playerId, 'delete')],
  ),
}

function isNotStarted({ progress }: { readonly progress: Progress }): boolean {
  return progress.state === 'not_started'
}

function permissionsOfReport(report: RecordProgress): readonly Requirement[] {
  const { titleId, playerId } = report
  return [permission.progress(titleId, playerId, 'update'), ...permission.backdating(report)]
}
