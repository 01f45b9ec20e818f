import { z } from 'zod'
import { fastPath, fastPathWhere, isText } from '../../src/dialect/fast-path.ts'
import { formatInstant, parseInstant } from '../../src/model/instant.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { integerOf, NEVER, NO_TIME_SPAN, parseTimeSpan } from './formats.ts'

/*
 * The members of a document, in the format of the service: reading by these schemas normalises a document (README,
 * "Normalisations").
 * Sources: https://learn.microsoft.com/gaming/gdk/docs/reference/live/rest/json/atoc-xboxlivews-reference-json
 * and recorded answers of the service.
 */

const integer = z.union([z.int(), z.bigint()])
const count = z.int().min(0, 'expected a count')
const score = z.union([count, z.bigint().nonnegative()], 'expected a score of 0 or more')

/** Text on the wire, sent as a number by some tools. */
const digits = fastPathWhere(
  z.union([z.string(), integer], 'expected a string or an integer').transform(String),
  isText,
)
const id = fastPathWhere(
  digits.refine((text) => text !== '', 'expected an id'),
  (value) => isText(value) && value !== '',
)

/** A title id: a number on the wire, up to 2^32 - 1, sent as text by some tools. */
const titleId = fastPathWhere(
  z.union([z.string(), integer], 'expected an integer').transform((id): JsonValue => integerOf(String(id))),
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
)

/** A count or a value inside a requirement: text, or a number of any kind. */
const quantity = fastPathWhere(
  z.union([z.string(), z.number(), z.bigint()], 'expected a number as a string').transform(String),
  isText,
)

const SEVEN_DIGITS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{7}Z$/

const instant = fastPathWhere(
  z.string().transform((text, context) => {
    if (isSevenDigits(text)) return text
    const parsed = parseInstant(text)
    if (parsed !== undefined) return formatInstant(parsed, 7)
    context.addIssue('expected an instant such as 2013-01-17T03:19:00.3087016Z')
    return z.NEVER
  }),
  isSevenDigits,
)

function isSevenDigits(value: unknown): boolean {
  if (value === NEVER) return true
  return typeof value === 'string' && SEVEN_DIGITS.test(value) && parseInstant(value) !== undefined
}

const timeSpan = fastPathWhere(
  z.string().refine(isTimeSpan, 'expected a time span such as 06:12:14 or 1.02:03:04'),
  isTimeSpan,
)

function isTimeSpan(value: unknown): boolean {
  if (value === NO_TIME_SPAN) return true
  return typeof value === 'string' && parseTimeSpan(value) !== undefined
}

/** A word in any case, or its documented number; an undocumented word stays as it is. */
function word(...words: readonly string[]) {
  const named = name(...words)
  const numbered = z.int().transform((number) => words[number] ?? String(number))
  return fastPathWhere(z.union([named, numbered], 'expected a word'), fastPath(named))
}

/** A word in any case that has no documented number. */
function name(...words: readonly string[]) {
  const byName = new Map(words.map((word) => [word.toLowerCase(), word]))
  const known: ReadonlySet<unknown> = new Set(words)
  return fastPathWhere(
    z.string().transform((said) => byName.get(said.toLowerCase()) ?? said),
    (value) => known.has(value),
  )
}

/** https://learn.microsoft.com/gaming/gdk/docs/reference/live/rest/json/json-mediaasset */
const mediaAsset = z.looseObject({
  name: z.string().nullish(),
  type: word('Icon', 'Art').nullish(),
  url: z.string().nullish(),
})

/** https://learn.microsoft.com/gaming/gdk/docs/reference/live/rest/json/json-titleassociation */
const titleAssociation = z.looseObject({
  name: z.string().nullish(),
  id: titleId,
  version: z.string().nullish(),
})

/** https://learn.microsoft.com/gaming/gdk/docs/reference/live/rest/json/json-requirement; `valueType` from recordings */
const requirement = z.looseObject({
  id,
  current: quantity.nullish(),
  target: quantity,
  operationType: z.string().nullish(),
  valueType: z.string().nullish(),
  ruleParticipationType: z.string().nullish(),
})

/** https://learn.microsoft.com/gaming/gdk/docs/reference/live/rest/json/json-progression */
const progression = z.looseObject({
  requirements: z.array(requirement).nullish(),
  timeUnlocked: instant.nullish(),
})

/** https://learn.microsoft.com/gaming/gdk/docs/reference/live/rest/json/json-reward; `mediaAsset` from recordings */
const reward = z.looseObject({
  name: z.string().nullish(),
  description: z.string().nullish(),
  value: quantity.nullish(),
  type: word('Invalid', 'Gamerscore', 'InApp', 'Art'),
  mediaAsset: mediaAsset.nullish(),
  valueType: z.string().nullish(),
})

const timeWindow = z.looseObject({ startDate: instant, endDate: instant })

/** https://learn.microsoft.com/gaming/gdk/docs/reference/live/rest/json/json-achievementv2 */
export const achievementSchema = z.looseObject({
  id,
  serviceConfigId: z.string().nullish(),
  name: z.string(),
  titleAssociations: z.array(titleAssociation).nullish(),
  progressState: word('Invalid', 'Achieved', 'InProgress', 'NotStarted').nullish(),
  progression: progression.nullish(),
  mediaAssets: z.array(mediaAsset).nullish(),
  platforms: z.array(digits).nullish(),
  isSecret: z.boolean().nullish(),
  description: z.string().nullish(),
  lockedDescription: z.string().nullish(),
  productId: z.string().nullish(),
  achievementType: word('Invalid', 'Persistent', 'Challenge').nullish(),
  participationType: name('Individual', 'Group').nullish(),
  timeWindow: timeWindow.nullish(),
  rewards: z.array(reward).nullish(),
  estimatedTime: timeSpan.nullish(),
  deeplink: z.string().nullish(),
  isRevoked: z.boolean().nullish(),
})

/** Contracts 1 and 3: recorded answers of /achievements and /titleachievements for an Xbox 360 title. */
export const legacySchema = z.looseObject({
  id: id.transform(integerOf),
  titleId,
  name: z.string(),
  unlocked: z.boolean().nullish(),
  isSecret: z.boolean().nullish(),
  gamerscore: count.max(999_999_999, 'expected a gamerscore of 9 digits at most').nullish(),
  description: z.string().nullish(),
  lockedDescription: z.string().nullish(),
  isRevoked: z.boolean().nullish(),
  timeUnlocked: instant.nullish(),
})

/** https://learn.microsoft.com/gaming/gdk/docs/reference/live/rest/json/json-usertitlev2 */
export const titleSchema = z.looseObject({
  lastUnlock: instant.nullish(),
  titleId,
  serviceConfigId: z.string().nullish(),
  name: z.string().nullish(),
  earnedAchievements: count.nullish(),
  currentGamerscore: score.nullish(),
  maxGamerscore: score.nullish(),
})

/** Contract 1: recorded answers of /history/titles. */
export const firstTitleSchema = z.looseObject({
  titleId,
  name: z.string().nullish(),
  currentAchievements: count.nullish(),
  currentGamerscore: score.nullish(),
  totalGamerscore: score.nullish(),
})

const percent = z
  .union([z.number(), z.bigint(), z.string().regex(/^\d{1,9}(\.\d{1,9})?$/)], 'expected a percent')
  .transform(Number)
  .refine((value) => value >= 0, 'expected a percent of 0 or more')

/** The request of the title-managed update: pinned by the unit tests of microsoft/xbox-live-api. */
export const updateSchema = z.looseObject({
  serviceConfigId: z.string().nullish(),
  titleId: titleId.nullish(),
  userId: digits.nullish(),
  achievements: z
    .array(z.looseObject({ id, percentComplete: percent }))
    .length(1, 'expected exactly one achievement in a request that stands in a list'),
})
