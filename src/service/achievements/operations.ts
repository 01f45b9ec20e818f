import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import {
  batchGetAchievements,
  getAchievement,
  getCatalogueAchievement,
  getDialectAchievement,
  listAchievements,
  listDialectAchievements,
} from './achievements.ts'
import { getBackfill, listBackfills } from './backfills.ts'
import { createAchievement, createLimitedAchievement } from './create-achievement.ts'
import { deleteAchievement } from './delete-achievement.ts'
import {
  listAchievementRevisions,
  previewAchievementRestore,
  restoreAchievementRevision,
} from './revisions.ts'
import { findUnlockShares, listUnlockTotals } from './unlock-totals.ts'
import {
  previewAchievementUpdate,
  reorderAchievement,
  reviseAchievement,
  updateAchievement,
} from './update-achievement.ts'

type OfTitle = { readonly titleId: string }

const canCreate = ({ titleId }: OfTitle) => [permission.definitions(titleId, 'create')]
const canRead = ({ titleId }: OfTitle) => [permission.definitions(titleId, 'read')]
const canUpdate = ({ titleId }: OfTitle) => [permission.definitions(titleId, 'update')]
const canDelete = ({ titleId }: OfTitle) => [permission.definitions(titleId, 'delete')]
const canReadCatalogue = ({ titleId }: OfTitle) => [permission.catalogue(titleId)]

export const ACHIEVEMENT_OPERATIONS = {
  createAchievement: operation(createAchievement, canCreate),
  createLimitedAchievement: operation(createLimitedAchievement, canCreate),
  getAchievement: operation(getAchievement, canRead),
  batchGetAchievements: operation(batchGetAchievements, canRead),
  listAchievements: operation(listAchievements, canRead),
  listDialectAchievements: operation(listDialectAchievements, canRead),
  getCatalogueAchievement: operation(getCatalogueAchievement, canReadCatalogue),
  getDialectAchievement: operation(getDialectAchievement, canReadCatalogue),
  updateAchievement: operation(updateAchievement, canUpdate),
  reviseAchievement: operation(reviseAchievement, canUpdate),
  reorderAchievement: operation(reorderAchievement, canUpdate),
  previewAchievementUpdate: operation(previewAchievementUpdate, canUpdate),
  listAchievementRevisions: operation(listAchievementRevisions, canRead),
  restoreAchievementRevision: operation(restoreAchievementRevision, canUpdate),
  previewAchievementRestore: operation(previewAchievementRestore, canUpdate),
  getBackfill: operation(getBackfill, canRead),
  listBackfills: operation(listBackfills, canRead),
  findUnlockShares: operation(findUnlockShares, canReadCatalogue),
  listUnlockTotals: operation(listUnlockTotals, canReadCatalogue),
  deleteAchievement: operation(deleteAchievement, canDelete),
}
