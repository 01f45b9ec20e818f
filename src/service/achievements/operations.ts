import * as right from '../authorization.ts'
import { operation } from '../operation.ts'
import { batchGetAchievements } from './batch-get-achievements.ts'
import { createAchievement } from './create-achievement.ts'
import { createLimitedAchievement } from './create-limited-achievement.ts'
import { deleteAchievement } from './delete-achievement.ts'
import { getAchievement } from './get-achievement.ts'
import { getCatalogueAchievement } from './get-catalogue-achievement.ts'
import { getDialectAchievement } from './get-dialect-achievement.ts'
import { listAchievements } from './list-achievements.ts'
import { listDialectAchievements } from './list-dialect-achievements.ts'
import { reorderAchievement } from './reorder-achievement.ts'
import { reviseAchievement } from './revise-achievement.ts'
import { updateAchievement } from './update-achievement.ts'

export const ACHIEVEMENT_OPERATIONS = {
  createAchievement: operation(createAchievement, ({ titleId }) => [right.definitions(titleId, 'create')]),
  getAchievement: operation(getAchievement, ({ titleId }) => [right.definitions(titleId, 'read')]),
  batchGetAchievements: operation(batchGetAchievements, ({ titleId }) => [
    right.definitions(titleId, 'read'),
  ]),
  getCatalogueAchievement: operation(getCatalogueAchievement, ({ titleId }) => [right.catalogue(titleId)]),
  listAchievements: operation(listAchievements, ({ titleId }) => [right.definitions(titleId, 'read')]),
  updateAchievement: operation(updateAchievement, ({ titleId }) => [right.definitions(titleId, 'update')]),
  reviseAchievement: operation(reviseAchievement, ({ titleId }) => [right.definitions(titleId, 'update')]),
  deleteAchievement: operation(deleteAchievement, ({ titleId }) => [right.definitions(titleId, 'delete')]),
  reorderAchievement: operation(reorderAchievement, ({ titleId }) => [right.definitions(titleId, 'update')]),
  getDialectAchievement: operation(getDialectAchievement, ({ titleId }) => [right.catalogue(titleId)]),
  listDialectAchievements: operation(listDialectAchievements, ({ titleId }) => [
    right.definitions(titleId, 'read'),
  ]),
  createLimitedAchievement: operation(createLimitedAchievement, ({ titleId }) => [
    right.definitions(titleId, 'create'),
  ]),
}
