import type { Adapter, Canonical, Feature } from '../../dialect/adapter.ts'
import { decodeEntry, encodeEntry, type Identities } from '../../dialect/translate.ts'
import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import { type JsonValue, sameJson } from '../../model/json.ts'
import type { LocalizedText } from '../../model/localized-text.ts'
import { derivedBinding } from './identities.ts'
import { definitionOf } from './to-canonical.ts'

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
 * A record after a document of one dialect replaced what that dialect can say of it: three ways, as in version
 * control. `baseline` is the record as the dialect itself would tell it; only where the document differs from that
 * does it say anything new. So what the dialect has no word for, or half a word, stays; a document that was
 * exported from the record changes nothing; and where the record is another platform's too, an absence takes
 * nothing away.
 */
export function mergeAchievement(
  adapter: Adapter,
  existing: Achievement,
  baseline: Achievement,
  incoming: Achievement,
): Achievement {
  const { capabilities } = adapter
  const own = Object.keys(existing.ids).every((dialect) => dialect === adapter.id)
  const fields = Object.entries(FIELDS).flatMap(([feature, names]) =>
    capabilities[feature as Feature] === 'none' ? [] : names,
  )
  const isNew = (name: keyof Achievement) => !sameJson(incoming[name], baseline[name])
  const taken = fields.filter((name) => isNew(name) && isSaid(name, incoming[name], own))
  const complete = capabilities.translations === 'full'
  const merged = (name: 'name' | 'description') =>
    isNew(name) ? mergeText(existing[name], incoming[name], complete) : existing[name]
  return {
    ...existing,
    ...Object.fromEntries(taken.map((name) => [name, incoming[name]])),
    name: merged('name'),
    description: merged('description'),
    lockedDescription: isNew('lockedDescription')
      ? mergeLocked(existing.lockedDescription, incoming.lockedDescription, complete)
      : existing.lockedDescription,
    ids: { ...existing.ids, ...incoming.ids },
    extensions: isNew('extensions')
      ? { ...existing.extensions, ...incoming.extensions }
      : existing.extensions,
  }
}

function mergeLocked(
  existing: LocalizedText | undefined,
  incoming: LocalizedText | undefined,
  complete: boolean,
): LocalizedText | undefined {
  return existing && incoming ? mergeText(existing, incoming, complete) : (incoming ?? existing)
}

/**
 * A record as a dialect would tell it, and read it again: what a document of the dialect says that is the same is
 * not news.
 */
export function toldBy(
  adapter: Adapter,
  existing: StoredAchievement,
  record: Canonical,
  locale: string,
): Achievement {
  const told = { ...record, achievement: definitionOf(existing), progress: undefined, summary: undefined }
  const context = { locale, shape: undefined, purpose: 'definition', account: undefined } as const
  const identities: Identities = {
    binding: () => derivedBinding(adapter, existing.titleId),
    achievementId: () =>
      record.achievement?.ids[adapter.id] ??
      adapter.ids.mint({ taken: new Set(), time: existing.createTime, entropy: 0n }),
  }
  const { result } = encodeEntry(adapter, told, context, identities)
  return decodeEntry(adapter, result, { locale, envelope: {} }).result.achievement ?? definitionOf(existing)
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
