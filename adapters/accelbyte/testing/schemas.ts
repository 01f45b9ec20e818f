import { z } from 'zod'

/** The members that clients of the achievement service require in its responses, and no others. */

const text = z.string()
const texts = z.record(z.string(), z.string())
const time = z.iso.datetime()
const list = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ data: z.array(item), paging: z.strictObject({ previous: text, next: text }) })

const icon = z.strictObject({ url: text, slug: text })

const shared = {
  achievementCode: text.min(1),
  namespace: text,
  lockedIcons: z.array(icon),
  unlockedIcons: z.array(icon),
  hidden: z.boolean(),
  listOrder: z.int32(),
  tags: z.array(text),
  incremental: z.boolean(),
  global: z.boolean(),
  createdAt: time,
  updatedAt: time,
  goalValue: z.number().optional(),
  statCode: text.optional(),
  customAttributes: z.record(z.string(), z.unknown()).optional(),
  status: z.enum(['INIT', 'TIED']).optional(),
}

export const achievement = z.strictObject({
  ...shared,
  defaultLanguage: text.min(1),
  name: texts,
  description: texts,
})
const publicAchievement = z.strictObject({ ...shared, name: text, description: text })

export const achievements = list(achievement)
export const publicAchievements = list(publicAchievement)
/** Texts by language where no language is asked for, one text where one is. */
export const anyAchievement = z.union([achievement, publicAchievement])

const userAchievement = z.strictObject({
  id: text.length(24),
  achievementCode: text.min(1),
  name: texts,
  status: z.literal([1, 2]),
  latestValue: z.number(),
  achievedAt: time,
})
export const userRows = z.array(userAchievement)
export const userAchievements = list(userAchievement).extend({
  countInfo: z.strictObject({
    numberOfAchievements: z.int(),
    numberOfHiddenAchievements: z.int(),
    numberOfVisibleAchievements: z.int(),
  }),
})

export const tags = list(z.strictObject({ name: text, namespace: text, createdAt: time }))

export const failure = z.strictObject({ errorCode: z.int32(), errorMessage: text.min(1) })

export const bulkUnlock = z.array(
  z.union([
    z.strictObject({ achievementCode: text, success: z.literal(true) }),
    z.strictObject({ achievementCode: text, success: z.literal(false), errorDetail: failure }),
  ]),
)

export const importResult = z.strictObject({
  newConfigs: z.array(text),
  replacedConfigs: z.array(text),
  ignoredConfigs: z.array(text),
  failedConfigs: z.array(text),
})

export const exported = z.array(
  z.looseObject({
    Hidden: z.boolean(),
    Incremental: z.boolean(),
    ID: text.length(24),
    ListOrder: z.int32(),
    GoalValue: z.number(),
    UnlockedIcons: z.array(icon),
    LockedIcons: z.array(icon),
    CreatedAt: time,
    UpdatedAt: time,
    Namespace: text,
    AchievementCode: text,
    StatCode: text,
    DefaultLanguage: text,
    Tags: z.array(text),
    Name: texts,
    Description: texts,
  }),
)
