import type { ProgressFacts } from '../../src/dialect/adapter.ts'
import type { LossReport } from '../../src/dialect/losses.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import { formatInstant, TICKS_PER_SECOND } from '../../src/model/instant.ts'
import { type JsonValue, sameJson } from '../../src/model/json.ts'
import { iconAsset } from './decode.ts'
import type { DefinitionFacts, DiscordProgress } from './facts.ts'
import { ACCOUNT_ID_FORM } from './snowflake.ts'
import { foreignTags, type Text } from './text.ts'

/** Fields that Discord cannot carry; a list is read back as empty. */
const WITHOUT_LOCATION = [
  ...(['lockedDescription', 'window', 'requirements', 'rewards', 'tags', 'platforms', 'productId'] as const),
  ...(['deepLink', 'estimatedTime', 'titleAssociations', 'createTime', 'updateTime'] as const),
] satisfies readonly (keyof Achievement)[]

/** Reports the losses of a definition, but for its translations. */
export function reportDefinition(achievement: Achievement, facts: DefinitionFacts, losses: LossReport): void {
  const coerced = (field: keyof Achievement, to: JsonValue, why: string) => {
    const from = achievement[field] as JsonValue
    if (!sameJson(from, to)) losses.coerced(['achievement', field], from, to, why)
  }
  coerced('id', facts.id, 'Discord has no codes: its id stands for the achievement')
  coerced('listOrder', 0, 'achievements of Discord have no order')
  coerced('kind', 'persistent', 'Discord has no challenges')
  coerced('participation', 'individual', 'Discord has no achievements of groups or of all players')
  for (const field of WITHOUT_LOCATION) {
    const value = achievement[field]
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue
    losses.dropped(['achievement', field], plain(value), 'Discord has no place for it')
  }
  const { name, description } = achievement
  if (description.locale !== name.locale) {
    const why = 'the default texts of an achievement share one language'
    losses.coerced(['achievement', 'description', 'locale'], description.locale, name.locale, why)
  }
  reportMedia(achievement, facts, losses)
}

export function reportForeignTags(field: 'name' | 'description', text: Text, losses: LossReport): void {
  for (const tag of foreignTags(text)) {
    const path = ['achievement', field, 'translations', tag]
    losses.dropped(path, text.translations[tag], 'not a language of Discord')
  }
}

/** Reports the losses of progress; a time that is written verbatim keeps all its digits. */
export function reportProgressLosses(
  progress: ProgressFacts,
  facts: DiscordProgress,
  timeFromVerbatim: boolean,
  losses: LossReport,
): void {
  const { percent } = facts.completion
  const state = percent === 100 ? 'achieved' : percent > 0 ? 'in_progress' : 'not_started'
  const coerced = (field: keyof ProgressFacts, to: JsonValue, why: string) => {
    const from = progress[field] as JsonValue
    if (from !== to) losses.coerced(['progress', field], from, to, why)
  }
  if (progress.account !== undefined && facts.user === undefined) {
    losses.dropped(['progress', 'account'], progress.account, `expected ${ACCOUNT_ID_FORM}`)
  }
  coerced('achievementId', facts.achievement, 'Discord has no codes: its id stands for the achievement')
  coerced('state', state, 'Discord tells the state by the percent alone')
  coerced('percent', percent, '100 percent is for what is achieved, and only that')
  if (Object.keys(progress.values).length > 0) {
    losses.dropped(['progress', 'values'], plain(progress.values), 'Discord keeps a percent and no counts')
  }
  if (progress.revoked) losses.dropped(['progress', 'revoked'], true, 'Discord cannot take an unlock back')
  reportUnlockTime(progress, facts, timeFromVerbatim, losses)
}

function reportUnlockTime(
  { unlockTime }: ProgressFacts,
  { completion }: DiscordProgress,
  fromVerbatim: boolean,
  losses: LossReport,
): void {
  if (unlockTime === undefined) return
  const path = ['progress', 'unlockTime']
  const from = formatInstant(unlockTime)
  if (completion.unlockTime === undefined) {
    losses.dropped(path, from, 'only what is achieved has an unlock time')
  } else if (!fromVerbatim && unlockTime % TICKS_PER_MICROSECOND !== 0n) {
    losses.coerced(path, from, formatInstant(unlockTime, 6), 'Discord writes microseconds')
  }
}

const TICKS_PER_MICROSECOND = TICKS_PER_SECOND / 1_000_000n

function reportMedia({ media }: Achievement, facts: DefinitionFacts, losses: LossReport): void {
  if (media.length === 0 && facts.icon === undefined) return
  const written = facts.icon === undefined ? [] : [iconAsset(facts, facts.icon)]
  if (sameJson(media, written)) return
  const why = 'Discord has one icon, known by the hash that Discord gave it, at an address of its own'
  if (written.length === 0) losses.dropped(['achievement', 'media'], plain(media), why)
  else losses.coerced(['achievement', 'media'], plain(media), plain(written), why)
}

/** A value of the model as JSON: members that are undefined left out. */
function plain(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value as JsonValue
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]))
}
