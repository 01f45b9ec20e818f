import type { Adapter, Canonical } from '../../dialect/adapter.ts'
import { decodeEntry, encodeEntry, type Identities } from '../../dialect/translate.ts'
import type { Achievement, Requirement, StoredAchievement } from '../../model/achievement.ts'
import { type JsonValue, sameJson } from '../../model/json.ts'
import {
  ALL_TEXTS,
  mergeText,
  type TextMerge,
  textsInCommon,
  translatedTags,
  UNDETERMINED,
} from './merge-texts.ts'
import { mergeValue } from './merge-values.ts'
import { definitionOf } from './to-canonical.ts'

/** The fields that are merged as values; texts are merged by language, and ids are added. */
const FIELDS = [
  'listOrder',
  'hidden',
  'serverOnly',
  'kind',
  'window',
  'participation',
  'requirements',
  'rewards',
  'media',
  'tags',
  'platforms',
  'productId',
  'deepLink',
  'estimatedTime',
  'titleAssociations',
  'createTime',
  'updateTime',
  'extensions',
] as const satisfies readonly (keyof Achievement)[]

/** How an entry is written in its document. */
export interface EntryForm {
  /** The name of its shape; undefined where the dialect has one for definitions. */
  readonly shape: string | undefined
  /** The BCP-47 tag that the caller says of texts that do not say their language; undefined when it says none. */
  readonly locale: string | undefined
}

/**
 * The record after an import of an entry that matches it, by a three-way merge: the baseline is what the same shape in
 * the same language would have said of the record, and only what differs from that changes. So what the shape cannot
 * say stays, a document that was exported from the record changes nothing, and a document in one language changes that
 * language. Where the record is in several stores, an absence takes nothing away.
 */
export function mergeAchievement(
  adapter: Adapter,
  existing: StoredAchievement,
  record: Canonical & { readonly achievement: Achievement },
  { shape, locale }: EntryForm,
): Achievement {
  const incoming = record.achievement
  const baselineIn = (language: string | undefined) => baselineOf(adapter, existing, record, shape, language)
  const { language, baseline } =
    adapter.capabilities.translations === 'none'
      ? oneLanguage(existing, incoming, locale, baselineIn)
      : defaultLanguage(incoming, locale, baselineIn(locale))
  const isOwn = Object.keys(existing.ids).every((dialect) => dialect === adapter.id)
  const values = FIELDS.filter((name) => isOwn || !isAbsent(incoming[name]))
    .filter((name) => !NOT_SAID[name]?.(incoming[name]))
    .map((name) => [name, mergeField(name, existing, baseline, incoming)])
  const { translations, locked_description: locked } = adapter.capabilities
  const how = { language, single: translations === 'none', removes: isOwn || translations === 'full' }
  const merged: Achievement = {
    ...existing,
    ...Object.fromEntries(values),
    name: mergeText(existing.name, baseline.name, incoming.name, how),
    description: mergeText(existing.description, baseline.description, incoming.description, how),
    lockedDescription:
      locked === 'none' ? existing.lockedDescription : mergeLocked(existing, baseline, incoming, how),
    ids: { ...existing.ids, ...incoming.ids },
  }
  return { ...merged, requirements: merged.requirements.map(withTypedTarget) }
}

interface InLanguage {
  /** The language of the entry's texts; undefined for each text's default. */
  readonly language: string | undefined
  readonly baseline: Achievement
}

/**
 * A dialect of one language is written in the one that was asked for. A caller who says none may have asked for any, so
 * then it is the one in which the record has most of the entry's texts, and the default rather than another.
 */
function oneLanguage(
  existing: Achievement,
  incoming: Achievement,
  stated: string | undefined,
  baselineIn: (language: string | undefined) => Achievement,
): InLanguage {
  let best: InLanguage = { language: stated, baseline: baselineIn(stated) }
  if (stated !== undefined) return best
  let most = textsInCommon(best.baseline, incoming)
  for (const language of translatedTags(existing)) {
    if (most === ALL_TEXTS) break
    const baseline = baselineIn(language)
    const count = textsInCommon(baseline, incoming)
    if (count > most) [best, most] = [{ language, baseline }, count]
  }
  return best
}

/**
 * A dialect of several languages writes each text's default beside its translations, whatever was asked for. So an entry
 * with one of the record's own default texts is in the default language, and another in the one that the caller says.
 */
function defaultLanguage(
  incoming: Achievement,
  stated: string | undefined,
  baseline: Achievement,
): InLanguage {
  const isOurs = (['name', 'description'] as const).some(
    (name) => incoming[name].text !== '' && incoming[name].text === baseline[name].text,
  )
  return { language: isOurs ? undefined : stated, baseline }
}

/** Some dialects say all requirements or none: of those, no baseline shows that there are others to be kept. */
function mergeField(
  name: keyof Achievement,
  existing: Achievement,
  baseline: Achievement,
  incoming: Achievement,
): unknown {
  const isAllOrNone = name === 'requirements' && baseline.requirements.length === 0
  const kept = isAllOrNone && incoming.requirements.length > 0 ? [] : existing[name]
  return mergeValue(kept, baseline[name], incoming[name])
}

/** A list order of 0 and a missing time are not said. */
const NOT_SAID: Readonly<Partial<Record<keyof Achievement, (value: unknown) => boolean>>> = {
  listOrder: (value) => value === 0,
  createTime: (value) => value === undefined,
  updateTime: (value) => value === undefined,
}

function isAbsent(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0)
}

/** A description that serves both states is not taken for a locked one, though a document repeats it there. */
function mergeLocked(
  existing: Achievement,
  baseline: Achievement,
  incoming: Achievement,
  how: TextMerge,
): Achievement['lockedDescription'] {
  const before = baseline.lockedDescription ?? baseline.description
  const after = incoming.lockedDescription ?? incoming.description
  if (existing.lockedDescription !== undefined)
    return mergeText(existing.lockedDescription, before, after, how)
  const isNew = incoming.lockedDescription !== undefined && after.text !== before.text
  if (!isNew) return undefined
  return { ...after, locale: how.language ?? existing.description.locale }
}

/** A target from a dialect of another number type; one with a fraction makes its requirement a double. */
function withTypedTarget(requirement: Requirement): Requirement {
  const { target, valueType } = requirement
  if (typeof target === (valueType === 'integer' ? 'bigint' : 'number')) return requirement
  if (typeof target === 'bigint') return { ...requirement, target: Number(target) }
  return Number.isSafeInteger(target)
    ? { ...requirement, target: BigInt(target) }
    : { ...requirement, valueType: 'double' }
}

/** What an entry of this shape and language would have said of the record. */
function baselineOf(
  adapter: Adapter,
  existing: StoredAchievement,
  { title, achievement }: Canonical,
  shape: string | undefined,
  language: string | undefined,
): Achievement {
  const told = {
    // An entry that names no title is compared with one that names none.
    title: { ...title, binding: title.binding ?? {} },
    achievement: definitionOf(existing),
    progress: undefined,
    summary: undefined,
  }
  const identities: Identities = {
    binding: () => ({}),
    achievementId: () =>
      achievement?.ids[adapter.id] ??
      adapter.ids.mint({ taken: new Set(), time: existing.createTime, entropy: 0n }),
  }
  const context = { locale: language, shape, purpose: 'definition', account: undefined } as const
  const { result } = encodeEntry(adapter, told, context, identities)
  const { result: said } = decodeEntry(adapter, result, { locale: UNDETERMINED, envelope: {} })
  return said.achievement ?? definitionOf(existing)
}

/** Whether a merge changed anything that a reader would see. */
export function sameAchievement(left: Achievement, right: Achievement): boolean {
  return sameJson(left as unknown as JsonValue, right as unknown as JsonValue)
}
