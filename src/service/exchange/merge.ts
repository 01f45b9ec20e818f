import type { Adapter, Feature } from '../../dialect/adapter.ts'
import type { Achievement } from '../../model/achievement.ts'
import { type JsonValue, sameJson } from '../../model/json.ts'
import type { LocalizedText } from '../../model/localized-text.ts'

/** What of a definition each feature speaks of; texts, ids and extensions are merged by themselves. */
const FIELDS: Readonly<Partial<Record<Feature, readonly (keyof Achievement)[]>>> = {
  list_order: ['listOrder'],
  hidden: ['hidden'],
  server_only: ['serverOnly'],
  time_window: ['kind', 'window'],
  participation: ['participation'],
  requirements: ['requirements'],
  rewards: ['rewards'],
  media: ['media'],
  tags: ['tags'],
  platforms: ['platforms'],
  product_id: ['productId'],
  deep_link: ['deepLink'],
  estimated_time: ['estimatedTime'],
  title_associations: ['titleAssociations'],
  definition_times: ['createTime', 'updateTime'],
}

/**
 * A record after a document of one dialect replaced what that dialect can say of it. What the dialect has no word
 * for stays; and where the record is another platform's too, an absence takes nothing away.
 */
export function mergeAchievement(
  adapter: Adapter,
  existing: Achievement,
  incoming: Achievement,
): Achievement {
  const { capabilities } = adapter
  const own = Object.keys(existing.ids).every((dialect) => dialect === adapter.id)
  const fields = Object.entries(FIELDS).flatMap(([feature, names]) =>
    capabilities[feature as Feature] === 'none' ? [] : names,
  )
  const taken = fields.filter((name) => isSaid(name, incoming[name], own))
  const complete = capabilities.translations === 'full'
  const locked = incoming.lockedDescription
  return {
    ...existing,
    ...Object.fromEntries(taken.map((name) => [name, incoming[name]])),
    name: mergeText(existing.name, incoming.name, complete),
    description: mergeText(existing.description, incoming.description, complete),
    lockedDescription:
      locked && existing.lockedDescription
        ? mergeText(existing.lockedDescription, locked, complete)
        : (locked ?? existing.lockedDescription),
    ids: { ...existing.ids, ...incoming.ids },
    extensions: { ...existing.extensions, ...incoming.extensions },
  }
}

/** Whether a merge changed anything that a reader would see. */
export function sameAchievement(left: Achievement, right: Achievement): boolean {
  return sameJson(left as unknown as JsonValue, right as unknown as JsonValue)
}

/** A list order of 0 and a missing time are not said; an empty list is said of a record that nobody else has. */
function isSaid(name: keyof Achievement, value: unknown, own: boolean): boolean {
  if (name === 'listOrder') return value !== 0
  if (name === 'createTime' || name === 'updateTime') return value !== undefined
  const empty = value === undefined || (Array.isArray(value) && value.length === 0)
  return own || !empty
}

/** A document of one language adds it, or replaces the default where that is the language. */
function mergeText(existing: LocalizedText, incoming: LocalizedText, complete: boolean): LocalizedText {
  if (complete) return incoming
  const translations = { ...existing.translations, ...incoming.translations }
  if (incoming.locale.toLowerCase() === existing.locale.toLowerCase()) {
    return { ...existing, text: incoming.text, translations }
  }
  return { ...existing, translations: { ...translations, [incoming.locale]: incoming.text } }
}
