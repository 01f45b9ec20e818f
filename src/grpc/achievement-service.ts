import { AchievementOrder, type AchievementServiceServer } from '../gen/laurel/v1/achievement_service.ts'
import { LIMITS } from '../model/limits.ts'
import { batchGetAchievements } from '../service/batch-get-achievements.ts'
import { createAchievement } from '../service/create-achievement.ts'
import { deleteAchievement } from '../service/delete-achievement.ts'
import { getAchievement } from '../service/get-achievement.ts'
import { type ListAchievements, listAchievements } from '../service/list-achievements.ts'
import { reorderAchievement } from '../service/reorder-achievement.ts'
import type { Services } from '../service/services.ts'
import { updateAchievement } from '../service/update-achievement.ts'
import type { Logger } from '../telemetry/log.ts'
import { readAchievement, readAchievementPatch, writeAchievement } from './convert/achievement.ts'
import { type Choices, readChoice } from './convert/choices.ts'
import { readList } from './convert/collections.ts'
import { readPaging, readWithin } from './convert/numbers.ts'
import { readId, readRequestId } from './convert/texts.ts'
import { parse, required, type Violations } from './convert/violations.ts'
import { unary } from './unary.ts'
import { withLocale } from './with-locale.ts'

const ORDERS: Choices<AchievementOrder, ListAchievements['orderBy']> = {
  [AchievementOrder.UNSPECIFIED]: 'list_order',
  [AchievementOrder.LIST_ORDER]: 'list_order',
  [AchievementOrder.CREATE_TIME]: 'create_time',
  [AchievementOrder.UPDATE_TIME]: 'update_time',
}

export function achievementService(services: Services, log: Logger): AchievementServiceServer {
  return {
    createAchievement: unary(log, async (message, call) => {
      const request = parse((violations) => {
        const achievement = required(message.achievement, 'achievement')
        return {
          titleId: readId(achievement.titleId, 'achievement.title_id', violations),
          achievement: readAchievement(achievement, violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      const achievement = await withLocale(services, request.titleId, request.achievement, call)
      return {
        achievement: writeAchievement(await createAchievement(services, { ...request, achievement }, call)),
      }
    }),

    getAchievement: unary(log, async (message, call) => {
      const request = parse((violations) => readName(message, violations))
      return { achievement: writeAchievement(await getAchievement(services, request, call)) }
    }),

    listAchievements: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        ...readPaging(message, violations),
        tags: readList(message.tags, LIMITS.tags, 'tags', violations, readId),
        hidden: message.hidden,
        orderBy: readChoice(message.orderBy, ORDERS, AchievementOrder, 'order_by', violations),
        descending: message.descending,
      }))
      const { items, nextPageToken } = await listAchievements(services, request, call)
      return { achievements: items.map(writeAchievement), nextPageToken: nextPageToken ?? '' }
    }),

    updateAchievement: unary(log, async (message, call) => {
      const request = parse((violations) => {
        const achievement = required(message.achievement, 'achievement')
        return {
          titleId: readId(achievement.titleId, 'achievement.title_id', violations),
          achievementId: readId(achievement.achievementId, 'achievement.achievement_id', violations),
          etag: achievement.etag || undefined,
          patch: readAchievementPatch(achievement, message.updateMask, violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      const patch = await withLocale(services, request.titleId, request.patch, call)
      return { achievement: writeAchievement(await updateAchievement(services, { ...request, patch }, call)) }
    }),

    deleteAchievement: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        ...readName(message, violations),
        etag: message.etag || undefined,
        force: message.force,
        requestId: readRequestId(message.requestId, violations),
      }))
      await deleteAchievement(services, request, call)
      return {}
    }),

    reorderAchievement: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        ...readName(message, violations),
        listOrder: readWithin(message.listOrder, [1, 2 ** 31 - 1], 'list_order', violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { achievement: writeAchievement(await reorderAchievement(services, request, call)) }
    }),

    batchGetAchievements: unary(log, async (message, call) => {
      const request = parse((violations) => {
        const { achievementIds: ids } = message
        if (ids.length === 0) violations.add('achievement_ids', 'must hold at least one id')
        return {
          titleId: readId(message.titleId, 'title_id', violations),
          achievementIds: readList(ids, LIMITS.batchItems, 'achievement_ids', violations, readId),
        }
      })
      const achievements = await batchGetAchievements(services, request, call)
      return { achievements: achievements.map(writeAchievement) }
    }),
  }
}

function readName(
  { titleId, achievementId }: { readonly titleId: string; readonly achievementId: string },
  violations: Violations,
) {
  return {
    titleId: readId(titleId, 'title_id', violations),
    achievementId: readId(achievementId, 'achievement_id', violations),
  }
}
