import {
  type MediaAsset as MediaAssetMessage,
  MediaRole as MediaRoleOnWire,
  RewardKind as RewardKindOnWire,
  type Reward as RewardMessage,
} from '../../gen/laurel/v1/achievement.ts'
import type { MediaAsset, MediaRole, Reward, RewardKind } from '../../model/achievement.ts'
import { type Choices, readChoice } from './choices.ts'
import { readOptionalText, readText } from './texts.ts'
import type { Violations } from './violations.ts'

const REWARD_KINDS: Choices<RewardKindOnWire, RewardKind> = {
  [RewardKindOnWire.UNSPECIFIED]: undefined,
  [RewardKindOnWire.GAMERSCORE]: 'gamerscore',
  [RewardKindOnWire.IN_APP]: 'in_app',
  [RewardKindOnWire.ART]: 'art',
}

const REWARD_KINDS_ON_WIRE: Readonly<Record<RewardKind, RewardKindOnWire>> = {
  gamerscore: RewardKindOnWire.GAMERSCORE,
  in_app: RewardKindOnWire.IN_APP,
  art: RewardKindOnWire.ART,
}

const MEDIA_ROLES: Choices<MediaRoleOnWire, MediaRole> = {
  [MediaRoleOnWire.UNSPECIFIED]: undefined,
  [MediaRoleOnWire.ICON]: 'icon',
  [MediaRoleOnWire.LOCKED_ICON]: 'locked_icon',
  [MediaRoleOnWire.UNLOCKED_ICON]: 'unlocked_icon',
  [MediaRoleOnWire.ART]: 'art',
  [MediaRoleOnWire.OTHER]: 'other',
}

const MEDIA_ROLES_ON_WIRE: Readonly<Record<MediaRole, MediaRoleOnWire>> = {
  icon: MediaRoleOnWire.ICON,
  locked_icon: MediaRoleOnWire.LOCKED_ICON,
  unlocked_icon: MediaRoleOnWire.UNLOCKED_ICON,
  art: MediaRoleOnWire.ART,
  other: MediaRoleOnWire.OTHER,
}

export function readReward(message: RewardMessage, field: string, violations: Violations): Reward {
  const { media } = message
  return {
    kind: readChoice(message.kind, REWARD_KINDS, RewardKindOnWire, `${field}.kind`, violations),
    value: readText(message.value, `${field}.value`, violations),
    name: readOptionalText(message.name, `${field}.name`, violations),
    description: readOptionalText(message.description, `${field}.description`, violations),
    media: media === undefined ? undefined : readMediaAsset(media, `${field}.media`, violations),
  }
}

export function writeReward({ kind, value, name, description, media }: Reward): RewardMessage {
  return {
    kind: REWARD_KINDS_ON_WIRE[kind],
    value,
    name,
    description,
    media: media === undefined ? undefined : writeMediaAsset(media),
  }
}

export function readMediaAsset(
  message: MediaAssetMessage,
  field: string,
  violations: Violations,
): MediaAsset {
  return {
    role: readChoice(message.role, MEDIA_ROLES, MediaRoleOnWire, `${field}.role`, violations),
    name: readText(message.name, `${field}.name`, violations),
    url: readText(message.url, `${field}.url`, violations),
  }
}

export function writeMediaAsset({ role, name, url }: MediaAsset): MediaAssetMessage {
  return { role: MEDIA_ROLES_ON_WIRE[role], name, url }
}
