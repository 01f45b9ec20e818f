import { z } from 'zod'

/*
 * The members that the strictest parsers among Xbox clients require, as we observed them: the Python models of OpenXbox,
 * and Microsoft's own client, which refuses a whole list for one member that is missing.
 */

/** Parsers truncate to microseconds. */
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/)
/** A time of day, not a length of time. */
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?$/)
const uint32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)

const pagingInfo = z.strictObject({
  continuationToken: z
    .string()
    .regex(/^[1-9]\d*$/)
    .nullable(),
  totalRecords: z.int().min(0),
})

const mediaAsset = z.looseObject({ name: z.string(), type: z.string(), url: z.string() })

const requirement = z.looseObject({
  id: z.string(),
  current: z.string().nullable(),
  target: z.string(),
  operationType: z.string(),
  valueType: z.string(),
  ruleParticipationType: z.string(),
})

const reward = z.looseObject({
  name: z.string().nullable(),
  description: z.string().nullable(),
  value: z.string(),
  type: z.string(),
  mediaAsset: mediaAsset.nullable(),
  valueType: z.string(),
})

const NEVER = '0001-01-01T00:00:00.0000000Z'

export const achievement = z
  .looseObject({
    id: z.string().min(1),
    serviceConfigId: z.string().regex(/^[^A-Z]+$/),
    name: z.string(),
    titleAssociations: z.array(z.looseObject({ name: z.string(), id: uint32 })),
    progressState: z.enum(['Achieved', 'InProgress', 'NotStarted']),
    progression: z.looseObject({ requirements: z.array(requirement), timeUnlocked: instant }),
    mediaAssets: z.array(mediaAsset),
    platforms: z.array(z.string()),
    isSecret: z.boolean(),
    description: z.string(),
    lockedDescription: z.string(),
    productId: z.string(),
    achievementType: z.enum(['Persistent', 'Challenge']),
    participationType: z.enum(['Individual', 'Group']),
    timeWindow: z.looseObject({ startDate: instant, endDate: instant }).nullable(),
    rewards: z.array(reward),
    estimatedTime: timeOfDay,
    deeplink: z.string().nullable(),
    isRevoked: z.boolean(),
  })
  .refine(
    ({ progressState, progression }) =>
      (progressState === 'Achieved') === (progression.timeUnlocked !== NEVER),
    'some clients go by the state and others by the time: both must say the same',
  )

const rarity = z.strictObject({
  currentCategory: z.enum(['Rare', 'Common']),
  currentPercentage: z.number().min(0).max(100),
})

const legacyAchievement = z.looseObject({
  id: uint32,
  titleId: uint32,
  name: z.string(),
  sequence: z.int(),
  flags: z.int(),
  unlockedOnline: z.boolean(),
  unlocked: z.boolean(),
  isSecret: z.boolean(),
  platform: z.int(),
  gamerscore: z.int(),
  imageId: z.int(),
  description: z.string(),
  lockedDescription: z.string(),
  type: z.int(),
  isRevoked: z.boolean(),
  timeUnlocked: instant,
})

const title = z.looseObject({
  lastUnlock: instant,
  titleId: uint32,
  serviceConfigId: z.string(),
  titleType: z.string(),
  platform: z.string(),
  name: z.string(),
  earnedAchievements: z.int(),
  currentGamerscore: z.int(),
  maxGamerscore: z.int(),
})

const firstTitle = z.looseObject({
  lastPlayed: instant,
  currentAchievements: z.int(),
  currentGamerscore: z.int(),
  sequence: z.int(),
  titleId: uint32,
  titleType: z.int(),
  platforms: z.array(z.int()),
  name: z.string(),
  totalAchievements: z.int(),
  totalGamerscore: z.int(),
})

const version = instant

/** Response schemas of lists, by contract. */
export const LISTS = {
  1: z.strictObject({ achievements: z.array(legacyAchievement.strip()), pagingInfo, version }),
  2: z.strictObject({ achievements: z.array(withoutRarity(achievement)), pagingInfo }),
  3: z.strictObject({ achievements: z.array(legacyAchievement.extend({ rarity })), pagingInfo, version }),
  4: z.strictObject({ achievements: z.array(achievement.and(z.looseObject({ rarity }))), pagingInfo }),
} as const

export const HISTORIES = {
  1: z.strictObject({ titles: z.array(firstTitle), pagingInfo, version }),
  2: z.strictObject({ titles: z.array(title), pagingInfo }),
} as const

export const serviceError = z.strictObject({
  code: z.int(),
  source: z.literal('Progress'),
  description: z.string().min(1),
  traceInformation: z.string(),
})

export const rateError = z.strictObject({
  version: z.literal(1),
  currentRequests: z.int(),
  maxRequests: z.int(),
  periodInSeconds: z.int(),
  type: z.enum(['burst', 'sustain']),
})

function withoutRarity(schema: typeof achievement) {
  return schema.refine((entry) => !Object.hasOwn(entry, 'rarity'), 'this contract has no rarity')
}
