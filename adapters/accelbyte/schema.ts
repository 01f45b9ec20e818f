import { z } from 'zod'
import { fastPath, fastPathWhere, isText } from '../../src/dialect/fast-path.ts'

/** A double. Integers beyond 2^53 arrive as bigints; both must fit a double. */
const double = z.custom<number | bigint>(isDouble, { error: 'expected a number that fits a double' })
const integer = fastPathWhere(z.int({ error: 'expected an integer' }), Number.isSafeInteger)
const text = z.string({ error: 'expected a string' })
const code = fastPathWhere(
  text.min(1, { error: 'expected a code that is not empty' }),
  (value) => isText(value) && value !== '',
)
const flag = z.boolean({ error: 'expected true or false' })

const isTextsByLanguage = fastPath(z.record(z.string(), z.string()))

/** A text, or texts by language. Not `z.record`, which skips a language called `__proto__`. */
const texts = fastPathWhere(
  z
    .custom<string | Readonly<Record<string, string>>>(isTextOrObject, {
      error: 'expected a text, or an object of texts by language',
      abort: true,
    })
    .superRefine((value, context) => {
      if (typeof value === 'string') return
      for (const [language, translation] of Object.entries(value)) {
        if (typeof translation === 'string') continue
        context.addIssue({ code: 'custom', path: [language], message: 'expected a string' })
      }
    }),
  (value) => isText(value) || isTextsByLanguage(value),
)

/** `models.Icon`: lower-case members, also in the export. https://github.com/AccelByte/accelbyte-go-sdk/blob/main/spec/achievement.json */
export const iconSchema = z.looseObject({
  url: text.nullish(),
  slug: text.nullish(),
})

const icons = z
  .array(
    z.custom<Readonly<Record<string, never>>>((value) => isTextOrObject(value) && typeof value !== 'string', {
      error: 'expected an icon, an object with url and slug',
    }),
    { error: 'expected an array of icons' },
  )
  .nullish()

/**
 * A definition, by its names in the export file: `models.Achievement`, and with a lower-case first letter
 * `models.AchievementResponse` and `models.PublicAchievementResponse`.
 * https://github.com/AccelByte/accelbyte-go-sdk/blob/main/spec/achievement.json
 */
export const definitionSchema = z.looseObject({
  Hidden: flag.nullish(),
  Incremental: flag.nullish(),
  ID: text.nullish(),
  ListOrder: integer.nullish(),
  GoalValue: double.nullish(),
  UnlockedIcons: icons,
  LockedIcons: icons,
  CreatedAt: text.nullish(),
  UpdatedAt: text.nullish(),
  Namespace: text.nullish(),
  AchievementCode: code,
  StatCode: text.nullish(),
  DefaultLanguage: text.nullish(),
  Tags: z.array(text, { error: 'expected an array of tags' }).nullish(),
  Name: texts,
  Description: texts,
  Global: flag.nullish(),
  CustomAttributes: z.unknown().optional(),
  Status: z.unknown().optional(),
})

/**
 * A player's row: `models.UserAchievementResponse`.
 * https://github.com/AccelByte/accelbyte-go-sdk/blob/main/spec/achievement.json
 */
export const userRowSchema = z.looseObject({
  id: text.nullish(),
  achievementCode: code,
  name: z.unknown().optional(),
  status: integer.nullish(),
  latestValue: double.nullish(),
  achievedAt: text.nullish(),
})

export function isDouble(value: unknown): value is number | bigint {
  return (typeof value === 'number' || typeof value === 'bigint') && Number.isFinite(Number(value))
}

function isTextOrObject(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}
