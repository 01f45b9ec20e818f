import { AchievementOrder, type AchievementServiceService } from '../gen/laurel/v1/achievement_service.ts'
import { LIMITS } from '../model/limits.ts'
import { hasOpenLocale, type Texts, withLocales } from '../model/texts.ts'
import type { ListAchievements } from '../service/achievements/achievements.ts'
import type { Call } from '../service/call.ts'
import type { Operations } from '../service/operations.ts'
import {
  readAchievement,
  readAchievementPatch,
  readLifecycle,
  writeAchievement,
  writeRevision,
} from './convert/achievement.ts'
import { writeBackfill } from './convert/backfill.ts'
import { readList } from './convert/collections.ts'
import {
  type Choices,
  readChoice,
  readEtag,
  readId,
  readPaging,
  readRequestId,
  readText,
  readWithin,
} from './convert/scalars.ts'
import { parse, required, type Violations } from './convert/violations.ts'
import { type HandlersOf, unary } from './handlers.ts'

const ORDERS: Choices<AchievementOrder, ListAchievements['orderBy']> = {
  [AchievementOrder.UNSPECIFIED]: 'list_order',
  [AchievementOrder.LIST_ORDER]: 'list_order',
  [AchievementOrder.CREATE_TIME]: 'create_time',
  [AchievementOrder.UPDATE_TIME]: 'update_time',
}

export function achievementService(operations: Operations): HandlersOf<typeof AchievementServiceService> {
  return {
    createAchievement: unary(async (message, call) => {
      const request = parse((violations) => {
        const achievement = required(message.achievement, 'achievement')
        return {
          titleId: readId(achievement.titleId, 'achievement.title_id', violations),
          achievement: readAchievement(achievement, violations),
          requestId: readRequestId(message.requestId, violations),
          silentBackfill: message.silentBackfill || undefined,
        }
      })
      const achievement = await withLocale(operations, request.titleId, request.achievement, call)
      return {
        achievement: writeAchievement(await operations.createAchievement({ ...request, achievement }, call)),
      }
    }),

    getAchievement: unary(async (message, call) => {
      const request = parse((violations) => readName(message, violations))
      return { achievement: writeAchievement(await operations.getAchievement(request, call)) }
    }),

    listAchievements: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        ...readPaging(message, violations),
        tags: readList(message.tags, LIMITS.tags, 'tags', violations, readId),
        hidden: message.hidden,
        lifecycles: readList(message.lifecycles, LIMITS.choices, 'lifecycles', violations, readLifecycle),
        query: readText(message.query, 'query', violations, LIMITS.id),
        orderBy: readChoice(message.orderBy, ORDERS, AchievementOrder, 'order_by', violations),
        descending: message.descending,
      }))
      const { items, nextPageToken = '', totalSize } = await operations.listAchievements(request, call)
      return { achievements: items.map(writeAchievement), nextPageToken, totalSize }
    }),

    updateAchievement: unary(async (message, call) => {
      const request = parse((violations) => {
        const achievement = required(message.achievement, 'achievement')
        return {
          titleId: readId(achievement.titleId, 'achievement.title_id', violations),
          achievementId: readId(achievement.achievementId, 'achievement.achievement_id', violations),
          etag: readEtag(achievement.etag, 'achievement.etag', violations),
          patch: readAchievementPatch(achievement, message.updateMask, violations),
          requestId: readRequestId(message.requestId, violations),
          silentBackfill: message.silentBackfill || undefined,
        }
      })
      const patch = await withLocale(operations, request.titleId, request.patch, call)
      const update = { ...request, patch }
      const { achievement, unlockCount } = message.validateOnly
        ? await operations.previewAchievementUpdate(update, call)
        : { achievement: await operations.updateAchievement(update, call), unlockCount: 0 }
      return { achievement: writeAchievement(achievement), unlockCount: BigInt(unlockCount) }
    }),

    listAchievementRevisions: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readName(message, violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken } = await operations.listAchievementRevisions(request, call)
      return { revisions: items.map(writeRevision), nextPageToken: nextPageToken ?? '' }
    }),

    restoreAchievementRevision: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readName(message, violations),
        revisionId: readId(message.revisionId, 'revision_id', violations),
        etag: readEtag(message.etag, 'etag', violations),
        requestId: readRequestId(message.requestId, violations),
        silentBackfill: message.silentBackfill || undefined,
      }))
      const { achievement, unlockCount } = message.validateOnly
        ? await operations.previewAchievementRestore(request, call)
        : { achievement: await operations.restoreAchievementRevision(request, call), unlockCount: 0 }
      return { achievement: writeAchievement(achievement), unlockCount: BigInt(unlockCount) }
    }),

    getBackfill: unary(async (message, call) => {
      const request = parse((violations) => readName(message, violations))
      return { backfill: writeBackfill(await operations.getBackfill(request, call)) }
    }),

    listBackfills: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken } = await operations.listBackfills(request, call)
      return { backfills: items.map(writeBackfill), nextPageToken: nextPageToken ?? '' }
    }),

    listUnlockTotals: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken = '', playerCount } = await operations.listUnlockTotals(request, call)
      return { totals: [...items], playerCount, nextPageToken }
    }),

    deleteAchievement: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readName(message, violations),
        etag: readEtag(message.etag, 'etag', violations),
        force: message.force,
        requestId: readRequestId(message.requestId, violations),
      }))
      await operations.deleteAchievement(request, call)
      return {}
    }),

    reorderAchievement: unary(async (message, call) => {
      const request = parse((violations) => ({
        ...readName(message, violations),
        listOrder: readWithin(message.listOrder, [1, 2 ** 31 - 1], 'list_order', violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { achievement: writeAchievement(await operations.reorderAchievement(request, call)) }
    }),

    batchGetAchievements: unary(async (message, call) => {
      const request = parse((violations) => {
        const { achievementIds: ids } = message
        if (ids.length === 0) violations.add('achievement_ids', 'must hold at least one id')
        return {
          titleId: readId(message.titleId, 'title_id', violations),
          achievementIds: readList(ids, LIMITS.batchItems, 'achievement_ids', violations, readId),
        }
      })
      const achievements = await operations.batchGetAchievements(request, call)
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

/** Sets the missing locales: of a text to the name's, of the name to the title's default. */
async function withLocale<Fields extends Texts>(
  operations: Operations,
  titleId: string,
  fields: Fields,
  call: Call,
): Promise<Fields> {
  if (!hasOpenLocale(fields)) return fields
  const locale = fields.name?.locale || (await operations.getTitle({ titleId }, call)).defaultLocale
  return withLocales(fields, locale)
}
