import { z } from 'zod'
import { fastPath, fastPathWhere, isText } from '../../src/dialect/fast-path.ts'
import { isSnowflake, MAX_SAFE_DIGITS } from './snowflake.ts'

/**
 * An id: a decimal string in every answer of Discord's; requests may bring it as a number too.
 * Source: https://discord.com/developers/docs/reference#snowflakes
 */
const snowflake = z.custom<string | number>(isSnowflake, {
  error: ({ input }) =>
    typeof input === 'bigint' || (typeof input === 'number' && input > Number.MAX_SAFE_INTEGER)
      ? `expected an id as a string: a number of more than ${MAX_SAFE_DIGITS} digits is rounded by most readers`
      : 'expected an id: a decimal string from 1 to 9223372036854775807',
})

/** Language code to text; null where a client clears one. */
const localizations = z.record(z.string(), z.string().nullish())

/**
 * v10 sends a string. v6 to v9 send an object; HuyaneMatsu/hata up to 1.3.77 puts the languages right beside
 * `default` instead of under `localizations`.
 * Source: https://discord.com/developers/docs/change-log, "API v10"
 */
const textObject = z.looseObject({ default: z.string(), localizations: localizations.nullish() })
const isPlainTextObject = fastPath(textObject)
const text = fastPathWhere(
  z.union([z.string(), textObject], {
    error: 'expected a text: a string, or an object of default and localizations',
  }),
  (value) => isText(value) || isPlainTextObject(value),
)

/** Source: the Achievement structure of docs/game_sdk/Achievements.md in discord/discord-api-docs. */
export const definitionSchema = z.looseObject({
  application_id: snowflake.nullish(),
  id: snowflake,
  name: text,
  name_localizations: localizations.nullish(),
  description: text.nullish(),
  description_localizations: localizations.nullish(),
  secret: z.boolean().nullish(),
  secure: z.boolean().nullish(),
  icon_hash: z.string().nullish(),
  icon: z.string().nullish(),
})

const percent = fastPathWhere(
  z
    .number('expected a percent: an integer from 0 to 100')
    .refine(isPercent, { error: 'expected a percent: an integer from 0 to 100' }),
  isPercent,
)

function isPercent(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100
}

/** Source: the User Achievement structure of the same page; on the wire its members are in snake case. */
export const progressSchema = z.looseObject({
  application_id: snowflake.nullish(),
  user_id: snowflake.nullish(),
  achievement_id: snowflake,
  percent_complete: percent,
  unlocked_at: z.string().nullish(),
})
