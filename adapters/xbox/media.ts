import type { MediaAsset, MediaRole, Reward, RewardKind } from '../../src/model/achievement.ts'
import type { JsonObject } from '../../src/model/json.ts'

interface WireMedia {
  readonly name?: string | null | undefined
  readonly type?: string | null | undefined
  readonly url?: string | null | undefined
}

interface WireReward {
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly value?: string | null | undefined
  readonly type: string
  readonly mediaAsset?: WireMedia | null | undefined
}

const ROLES = new Map<unknown, MediaRole>([
  ['Icon', 'icon'],
  ['Art', 'art'],
])

const TYPES: Readonly<Record<MediaRole, string>> = {
  icon: 'Icon',
  unlocked_icon: 'Icon',
  locked_icon: 'Icon',
  art: 'Art',
  other: 'Other',
}

const KINDS = new Map<string, RewardKind>([
  ['Gamerscore', 'gamerscore'],
  ['InApp', 'in_app'],
  ['Art', 'art'],
])

/** The file of the icon that the gateway shows for an achievement that has none. */
export function defaultIconOf(isUnlocked: boolean): string {
  return isUnlocked ? 'laurel-unlocked.png' : 'laurel-locked.png'
}

const DEFAULT_ICON = /\/icons\/laurel-(un)?locked\.png$/

/** A default icon is no picture of the achievement: a pull from another Laurel leaves it out. */
export function readMediaList(wire: readonly WireMedia[]): readonly MediaAsset[] {
  return wire.filter(({ url }) => !DEFAULT_ICON.test(url ?? '')).map(readMedia)
}

function readMedia({ name, type, url }: WireMedia): MediaAsset {
  return { role: ROLES.get(type) ?? 'other', name: name ?? '', url: url ?? '' }
}

/** Xbox has one icon, which clients take by its type: a locked one steps back where there is another. */
export function writeMedia(media: readonly MediaAsset[]): readonly JsonObject[] {
  const hasIcon = media.some(({ role }) => role === 'icon' || role === 'unlocked_icon')
  return media.map((asset) =>
    asset.role === 'locked_icon' && hasIcon ? writeAsset(asset, 'Other') : writeAsset(asset),
  )
}

/** A reward of an undocumented kind is stored in the extension alone. */
export function readReward(wire: WireReward): readonly Reward[] {
  const kind = KINDS.get(wire.type)
  if (kind === undefined) return []
  return [
    {
      kind,
      value: wire.value ?? '',
      name: wire.name ?? undefined,
      description: wire.description ?? undefined,
      media: wire.mediaAsset ? readMedia(wire.mediaAsset) : undefined,
    },
  ]
}

export function writeReward({ kind, value, name, description, media }: Reward): JsonObject {
  const type = { gamerscore: 'Gamerscore', in_app: 'InApp', art: 'Art' }[kind]
  return {
    name: name ?? null,
    description: description ?? null,
    value,
    type,
    mediaAsset: media === undefined ? null : writeAsset(media),
    valueType: kind === 'gamerscore' ? 'Int' : 'String',
  }
}

function writeAsset({ role, name, url }: MediaAsset, type = TYPES[role]): JsonObject {
  return { name, type, url }
}
