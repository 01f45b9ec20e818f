import type { Adapter, Canonical } from '../../dialect/adapter.ts'
import type { Achievement, Requirement, StoredAchievement } from '../../model/achievement.ts'
import { asRead } from './baseline.ts'
import { mergeText, TEXT_COUNT, type TextMerge, textsInCommon, translatedTags } from './merge-texts.ts'
import { mergeValue } from './merge-values.ts'
import { definitionOf } from './to-canonical.ts'

/** The fields that are merged as values. Texts are merged by language, and ids are added. */
const FIELDS = [
  'listOrder',
  'lifecycle',
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

/** The shape and language of an entry. */
export interface EntryContext {
  /** The name of its shape; undefined if the dialect has only one for definitions. */
  readonly shape: string | undefined
  /** The caller's BCP-47 tag for texts without a language; undefined if the caller names none. */
  readonly locale: string | undefined
}

/**
 * Returns the record after the import of an entry, by a three-way merge: the baseline is the record encoded in the entry's
 * shape and language and decoded again, and only fields that differ from it change. So content that the shape cannot hold
 * stays, an export of the record changes nothing, and a document in one language changes only that language. If the record
 * has ids in other dialects, a field that the entry lacks is not deleted.
 */
export function mergeAchievement(
  adapter: Adapter,
  existing: StoredAchievement,
  record: Canonical & { readonly achievement: Achievement },
  { shape, locale }: EntryContext,
): Achievement {
  const incoming = record.achievement
  const baselineIn = (language: string | undefined) => baselineOf(adapter, existing, record, shape, language)
  const { language, baseline } =
    adapter.capabilities.translations === 'none'
      ? oneLanguage(existing, incoming, locale, baselineIn)
      : defaultLanguage(incoming, locale, baselineIn(locale))
  const isOwn = Object.keys(existing.ids).every((dialect) => dialect === adapter.id)
  const values = FIELDS.filter((name) => isOwn || !isAbsent(incoming[name]))
    .filter((name) => !IS_UNSTATED[name]?.(incoming[name]))
    .map((name) => [name, mergeField(name, existing, baseline, incoming)])
  const { translations, locked_description: locked } = adapter.capabilities
  const how = {
    language,
    isMonolingual: translations === 'none',
    deletesMissing: isOwn || translations === 'full',
  }
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
 * A dialect of one language exports in the requested language. If the caller names none, the document may be in any of the
 * record's languages: take the one with the most texts equal to the entry's, preferring the default.
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
    if (most === TEXT_COUNT) break
    const baseline = baselineIn(language)
    const count = textsInCommon(baseline, incoming)
    if (count > most) [best, most] = [{ language, baseline }, count]
  }
  return best
}

/**
 * A dialect of several languages always exports each text's default beside its translations. So an entry with one of the
 * record's default texts is in the default language, and any other is in the caller's.
 */
function defaultLanguage(
  incoming: Achievement,
  stated: string | undefined,
  baseline: Achievement,
): InLanguage {
  const isDefault = (['name', 'description'] as const).some(
    (name) => incoming[name].text !== '' && incoming[name].text === baseline[name].text,
  )
  return { language: isDefault ? undefined : stated, baseline }
}

/** A dialect that cannot hold these requirements has none in its baseline; the entry's then replace all of them. */
function mergeField(
  name: keyof Achievement,
  existing: Achievement,
  baseline: Achievement,
  incoming: Achievement,
): unknown {
  const hasNoBaseline = name === 'requirements' && baseline.requirements.length === 0
  const current = hasNoBaseline && incoming.requirements.length > 0 ? [] : existing[name]
  return mergeValue(current, baseline[name], incoming[name])
}

/** A list order of 0 and a missing time leave the field as it is. */
const IS_UNSTATED: Readonly<Partial<Record<keyof Achievement, (value: unknown) => boolean>>> = {
  listOrder: (value) => value === 0,
  createTime: (value) => value === undefined,
  updateTime: (value) => value === undefined,
}

function isAbsent(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0)
}

/** A document may repeat its one description as the locked one; that copy is not stored. */
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

/** Converts a target to the requirement's number type; a fraction changes the requirement to a double. */
function withTypedTarget(requirement: Requirement): Requirement {
  const { target, valueType } = requirement
  if (typeof target === (valueType === 'integer' ? 'bigint' : 'number')) return requirement
  if (typeof target === 'bigint') return { ...requirement, target: Number(target) }
  return Number.isSafeInteger(target)
    ? { ...requirement, target: BigInt(target) }
    : { ...requirement, valueType: 'double' }
}

/** Returns the record encoded in this shape and language, and decoded again. */
function baselineOf(
  adapter: Adapter,
  existing: StoredAchievement,
  { title, achievement }: Canonical,
  shape: string | undefined,
  language: string | undefined,
): Achievement {
  const current = { title, achievement: definitionOf(existing), progress: undefined, summary: undefined }
  const context = { locale: language, shape, purpose: 'definition', account: undefined } as const
  const baseline = asRead(adapter, current, context, achievement?.ids[adapter.id])
  return baseline.achievement ?? definitionOf(existing)
}
