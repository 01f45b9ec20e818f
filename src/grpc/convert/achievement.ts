import {
  AchievementKind,
  type Achievement as AchievementMessage,
  type AchievementRevision as AchievementRevisionMessage,
  Lifecycle as LifecycleOnWire,
  Participation,
  type TimeWindow as TimeWindowMessage,
  type TitleAssociation as TitleAssociationMessage,
} from '../../gen/laurel/v1/achievement.ts'
import type {
  Achievement,
  AchievementRevision,
  Lifecycle,
  StoredAchievement,
  TimeWindow,
  TitleAssociation,
} from '../../model/achievement.ts'
import { LIMITS } from '../../model/limits.ts'
import type { LocalizedText } from '../../model/localized-text.ts'
import {
  readLocalizedText,
  readMediaAsset,
  readRequirements,
  readReward,
  writeLocalizedText,
  writeMediaAsset,
  writeRequirement,
  writeReward,
} from './achievement-parts.ts'
import { readExtensions, readList, readMap, writeExtensions } from './collections.ts'
import { type FieldReaders, readFields, readMaskedFields } from './fields.ts'
import { type Choices, readChoice, readId, readOptionalText, readText, readWithin } from './scalars.ts'
import { readDuration, readRequiredInstant, writeDuration, writeInstant } from './time.ts'
import type { Violations } from './violations.ts'

const KINDS: Choices<AchievementKind, Achievement['kind']> = {
  [AchievementKind.UNSPECIFIED]: 'persistent',
  [AchievementKind.PERSISTENT]: 'persistent',
  [AchievementKind.CHALLENGE]: 'challenge',
}

const KINDS_ON_WIRE: Readonly<Record<Achievement['kind'], AchievementKind>> = {
  persistent: AchievementKind.PERSISTENT,
  challenge: AchievementKind.CHALLENGE,
}

const PARTICIPATIONS: Choices<Participation, Achievement['participation']> = {
  [Participation.UNSPECIFIED]: 'individual',
  [Participation.INDIVIDUAL]: 'individual',
  [Participation.GROUP]: 'group',
  [Participation.COMMUNITY]: 'community',
}

const PARTICIPATIONS_ON_WIRE: Readonly<Record<Achievement['participation'], Participation>> = {
  individual: Participation.INDIVIDUAL,
  group: Participation.GROUP,
  community: Participation.COMMUNITY,
}

const LIFECYCLES: Choices<LifecycleOnWire, Lifecycle> = {
  [LifecycleOnWire.UNSPECIFIED]: 'live',
  [LifecycleOnWire.DRAFT]: 'draft',
  [LifecycleOnWire.LIVE]: 'live',
  [LifecycleOnWire.RETIRED]: 'retired',
}

const LIFECYCLES_ON_WIRE: Readonly<Record<Lifecycle, LifecycleOnWire>> = {
  draft: LifecycleOnWire.DRAFT,
  live: LifecycleOnWire.LIVE,
  retired: LifecycleOnWire.RETIRED,
}

const NO_TEXT: LocalizedText = { locale: '', text: '', translations: {} }

export type AchievementFields = Omit<Achievement, 'id' | 'createTime' | 'updateTime'>

const FIELDS: FieldReaders<AchievementMessage, AchievementFields> = {
  listOrder: ({ listOrder }, field, violations) => readWithin(listOrder, [0, 2 ** 31 - 1], field, violations),
  lifecycle: ({ lifecycle }, field, violations) => readLifecycle(lifecycle, field, violations),
  name({ name }, field, violations) {
    if (name === undefined) violations.add(field, 'must be set')
    return name === undefined ? NO_TEXT : readLocalizedText(name, field, violations)
  },
  description: ({ description }, field, violations) =>
    description === undefined ? NO_TEXT : readLocalizedText(description, field, violations),
  lockedDescription: ({ lockedDescription }, field, violations) =>
    lockedDescription === undefined ? undefined : readLocalizedText(lockedDescription, field, violations),
  hidden: ({ hidden }) => hidden,
  serverOnly: ({ serverOnly }) => serverOnly,
  kind: ({ kind }, field, violations) => readChoice(kind, KINDS, AchievementKind, field, violations),
  window: ({ window }, field, violations) =>
    window === undefined ? undefined : readWindow(window, field, violations),
  participation: ({ participation }, field, violations) =>
    readChoice(participation, PARTICIPATIONS, Participation, field, violations),
  requirements: ({ requirements }, field, violations) => readRequirements(requirements, field, violations),
  rewards: ({ rewards }, field, violations) =>
    readList(rewards, LIMITS.rewards, field, violations, readReward),
  media: ({ media }, field, violations) => readList(media, LIMITS.media, field, violations, readMediaAsset),
  tags: ({ tags }, field, violations) => readList(tags, LIMITS.tags, field, violations, readId),
  platforms: ({ platforms }, field, violations) =>
    readList(platforms, LIMITS.platforms, field, violations, readId),
  productId: ({ productId }, field, violations) => readOptionalText(productId, field, violations),
  deepLink: ({ deepLink }, field, violations) => readOptionalText(deepLink, field, violations),
  estimatedTime: ({ estimatedTime }, field, violations) => readDuration(estimatedTime, field, violations),
  titleAssociations: ({ titleAssociations }, field, violations) =>
    readList(titleAssociations, LIMITS.titleAssociations, field, violations, readTitleAssociation),
  ids: ({ ids }, field, violations) => readMap(ids, LIMITS.dialects, field, violations, readId),
  extensions: ({ extensions }, field, violations) => readExtensions(extensions, field, violations),
}

export function readLifecycle(value: LifecycleOnWire, field: string, violations: Violations): Lifecycle {
  return readChoice(value, LIFECYCLES, LifecycleOnWire, field, violations)
}

/** Texts without a locale get an empty one: `withLocale` fills it in. */
export function readAchievement(message: AchievementMessage, violations: Violations): Achievement {
  return {
    id: readId(message.achievementId, 'achievement.achievement_id', violations),
    ...readFields(message, FIELDS, 'achievement', violations),
    createTime: undefined,
    updateTime: undefined,
  }
}

/** Texts without a locale get an empty one: `withLocale` fills it in. */
export function readAchievementPatch(
  message: AchievementMessage,
  mask: readonly string[] | undefined,
  violations: Violations,
): Partial<AchievementFields> {
  return readMaskedFields(message, mask, FIELDS, 'achievement', violations)
}

/** Cached messages of cached definitions. */
const messages = new WeakMap<StoredAchievement, AchievementMessage>()

export function writeRevision({
  achievement,
  time,
  actor,
  requestId,
}: AchievementRevision): AchievementRevisionMessage {
  const revisionId = achievement.etag
  return {
    revisionId,
    achievement: writeAchievement(achievement),
    time: writeInstant(time),
    actor,
    requestId,
  }
}

export function writeAchievement(achievement: StoredAchievement): AchievementMessage {
  const cached = messages.get(achievement)
  if (cached !== undefined) return cached
  const message = toMessage(achievement)
  messages.set(achievement, message)
  return message
}

function toMessage(achievement: StoredAchievement): AchievementMessage {
  const { lockedDescription, window } = achievement
  return {
    titleId: achievement.titleId,
    achievementId: achievement.id,
    listOrder: achievement.listOrder,
    name: writeLocalizedText(achievement.name),
    description: writeLocalizedText(achievement.description),
    lockedDescription: lockedDescription === undefined ? undefined : writeLocalizedText(lockedDescription),
    hidden: achievement.hidden,
    serverOnly: achievement.serverOnly,
    kind: KINDS_ON_WIRE[achievement.kind],
    window: window === undefined ? undefined : writeWindow(window),
    participation: PARTICIPATIONS_ON_WIRE[achievement.participation],
    requirements: achievement.requirements.map(writeRequirement),
    rewards: achievement.rewards.map(writeReward),
    media: achievement.media.map(writeMediaAsset),
    tags: [...achievement.tags],
    platforms: [...achievement.platforms],
    productId: achievement.productId,
    deepLink: achievement.deepLink,
    estimatedTime: writeDuration(achievement.estimatedTime),
    titleAssociations: achievement.titleAssociations.map((association) => ({ ...association })),
    ids: new Map(Object.entries(achievement.ids)),
    extensions: writeExtensions(achievement.extensions),
    createTime: writeInstant(achievement.createTime),
    updateTime: writeInstant(achievement.updateTime),
    etag: achievement.etag,
    // Responses are stored for two days, and those of earlier versions have none.
    lifecycle: LIFECYCLES_ON_WIRE[achievement.lifecycle ?? 'live'],
  }
}

function readWindow(
  { startTime, endTime }: TimeWindowMessage,
  field: string,
  violations: Violations,
): TimeWindow {
  const start = readRequiredInstant(startTime, `${field}.start_time`, violations)
  const end = readRequiredInstant(endTime, `${field}.end_time`, violations)
  if (end < start) violations.add(`${field}.end_time`, 'must not be before start_time')
  return { start, end }
}

function writeWindow({ start, end }: TimeWindow): TimeWindowMessage {
  return { startTime: writeInstant(start), endTime: writeInstant(end) }
}

function readTitleAssociation(
  { id, name, version }: TitleAssociationMessage,
  field: string,
  violations: Violations,
): TitleAssociation {
  return {
    id: readId(id, `${field}.id`, violations),
    name: readText(name, `${field}.name`, violations),
    version: readOptionalText(version, `${field}.version`, violations),
  }
}
