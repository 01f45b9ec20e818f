import type { z } from 'zod'
import type { Canonical, DecodeContext, EncodeContext } from '../../src/dialect/adapter.ts'
import { EMPTY_OBJECT, NO_ITEMS } from '../../src/dialect/empty.ts'
import { BLANK_ACHIEVEMENT } from '../../src/dialect/kit/blank.ts'
import type { Path } from '../../src/dialect/losses.ts'
import type { Achievement, TimeWindow } from '../../src/model/achievement.ts'
import { type Instant, parseInstant } from '../../src/model/instant.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/model/json.ts'
import type { LocalizedText } from '../../src/model/localized-text.ts'
import { entryCodec } from './entry-codec.ts'
import {
  bindingOf,
  formatTimeSpan,
  integerOf,
  NO_TIME_SPAN,
  parseTimeSpan,
  titleIdIn,
  titleIds,
  writeTime,
} from './formats.ts'
import { readMediaList, readReward, writeMedia, writeReward } from './media.ts'
import { readProgress, readRequirements, writeProgression, writeState } from './progression.ts'
import { achievementIdOf, textIn } from './record.ts'
import { achievementSchema } from './schema.ts'

type Wire = z.output<typeof achievementSchema>

/** An achievement with its player's progress, as contracts 2 and 4 have it. */
export const achievementCodec = entryCodec<Wire>({
  mark: undefined,
  schema: achievementSchema,
  fromWire,
  write,
  partAt,
  locations: { achievement: [], progress: ['progression'] },
  free: new Set(),
})

/** Renames members of the documentation, which no recorded response has, to the service's own names. */
export function withoutDocumentedNames(entry: JsonObject): JsonObject {
  const named = withPlatforms(entry)
  const { progressState, progression } = named
  if (!isJsonObject(progression) || !Object.hasOwn(progression, 'achievementState')) return named
  const { achievementState, ...rest } = progression
  if (progressState === undefined && typeof achievementState === 'string') {
    return { ...named, progressState: achievementState, progression: rest }
  }
  return achievementState === progressState ? { ...named, progression: rest } : named
}

function withPlatforms(entry: JsonObject): JsonObject {
  if (entry['platform'] === undefined || entry['platforms']) return entry
  const { platform, ...others } = entry
  return { ...others, platforms: platform === null ? [] : [platform as JsonValue] }
}

function fromWire(wire: Wire, { locale }: DecodeContext): Canonical {
  const ownId = titleIdIn(wire.serviceConfigId)
  const association = ownAssociation(wire.titleAssociations ?? [], ownId)
  const requirements = readRequirements(wire)
  const text = (said: string): LocalizedText => ({ locale, text: said, translations: EMPTY_OBJECT })
  const described = wire.description ?? ''
  const locked = wire.lockedDescription ?? described
  const { timeWindow } = wire
  const span = wire.estimatedTime ?? NO_TIME_SPAN
  return {
    title: {
      binding: bindingOf(wire.serviceConfigId, association?.id),
      displayName: association?.name || undefined,
      extensions: EMPTY_OBJECT,
    },
    achievement: {
      ...BLANK_ACHIEVEMENT,
      id: wire.id,
      name: text(wire.name),
      description: text(described),
      lockedDescription: locked === described ? undefined : text(locked),
      hidden: wire.isSecret ?? false,
      kind: wire.achievementType === 'Challenge' ? 'challenge' : 'persistent',
      window: timeWindow ? windowOf(timeWindow) : undefined,
      participation: wire.participationType === 'Group' ? 'group' : 'individual',
      requirements,
      rewards: (wire.rewards ?? []).flatMap(readReward),
      media: readMediaList(wire.mediaAssets ?? []),
      platforms: wire.platforms ?? NO_ITEMS,
      productId: wire.productId || undefined,
      deepLink: wire.deeplink ?? undefined,
      estimatedTime: span === NO_TIME_SPAN ? undefined : parseTimeSpan(span),
      titleAssociations: (wire.titleAssociations ?? []).map(({ id, name, version }) => ({
        id: String(id),
        name: name ?? '',
        version: version ?? undefined,
      })),
      ids: { xbox: wire.id },
    },
    progress: readProgress(wire, requirements),
    summary: undefined,
  }
}

function write(record: Canonical, { locale }: EncodeContext): JsonObject {
  const { progress } = record
  const achievement: Partial<Achievement> = record.achievement ?? {}
  const { window, estimatedTime, requirements = [], participation = 'individual' } = achievement
  const { scid } = titleIds(record.title.binding)
  const description = textIn(achievement.description, locale)
  return {
    id: achievementIdOf(record),
    serviceConfigId: scid ?? '',
    name: textIn(achievement.name, locale),
    titleAssociations: writeAssociations(record),
    progressState: writeState(progress),
    progression: writeProgression({ requirements, participation }, progress),
    mediaAssets: writeMedia(achievement.media ?? []),
    platforms: achievement.platforms ?? [],
    isSecret: achievement.hidden ?? false,
    description,
    lockedDescription: achievement.lockedDescription
      ? textIn(achievement.lockedDescription, locale)
      : description,
    productId: achievement.productId ?? '',
    achievementType: achievement.kind === 'challenge' ? 'Challenge' : 'Persistent',
    participationType: participation === 'individual' ? 'Individual' : 'Group',
    timeWindow: window ? { startDate: writeTime(window.start), endDate: writeTime(window.end) } : null,
    rewards: (achievement.rewards ?? []).map(writeReward),
    estimatedTime: writeTimeSpan(estimatedTime),
    deeplink: achievement.deepLink ?? null,
    isRevoked: progress?.revoked ?? false,
  }
}

/** Members about the player belong to the progress, all others to the definition. */
function partAt([member, inner, , field]: Path): 'achievement' | 'progress' {
  if (member === 'progressState' || member === 'isRevoked') return 'progress'
  if (member !== 'progression') return 'achievement'
  const ofRequirement = inner === 'requirements' && field !== undefined && field !== 'current'
  return ofRequirement ? 'achievement' : 'progress'
}

/** Returns the association with the entry's own title: the one of its service configuration, which else is the first. */
function ownAssociation<Association extends { readonly id: JsonValue }>(
  associations: readonly Association[],
  ownId: string | undefined,
): Association | undefined {
  if (ownId === undefined) return associations[0]
  return associations.find(({ id }) => String(id) === ownId)
}

/**
 * Writes the associations, so that the title's own id is read from them: first, unless it follows from the service configuration.
 * Without any, writes the title itself, because clients expect at least one.
 */
function writeAssociations(record: Canonical): readonly JsonObject[] {
  const associations = record.achievement?.titleAssociations ?? []
  const { scid, titleId } = titleIds(record.title.binding)
  const mustLead = titleId !== undefined && (associations.length === 0 || titleIdIn(scid) !== titleId)
  const known = associations.find(({ id }) => id === titleId)
  const own = known ?? { id: titleId ?? '', name: record.title.displayName ?? '', version: undefined }
  const ordered = mustLead ? [own, ...associations.filter((each) => each !== known)] : associations
  return ordered.map(({ id, name, version }) => ({
    name,
    id: integerOf(id),
    ...(version === undefined ? {} : { version }),
  }))
}

/** An estimated time of zero is written with a fraction, so that it differs from the text for none. */
function writeTimeSpan(duration: Achievement['estimatedTime']): string {
  if (duration === undefined) return NO_TIME_SPAN
  return duration === 0n ? `${NO_TIME_SPAN}.0000000` : formatTimeSpan(duration)
}

/** The schema has checked that both are instants. */
function windowOf({ startDate, endDate }: { startDate: string; endDate: string }): TimeWindow {
  return { start: parseInstant(startDate) as Instant, end: parseInstant(endDate) as Instant }
}
