import type { GatewayRequest, GatewayResponse, RequestHead, Route } from '../../../src/http/gateway.ts'
import type { Achievement, MediaAsset } from '../../../src/model/achievement.ts'
import type { ProgressState } from '../../../src/model/progress.ts'
import { defaultIconOf } from '../media.ts'
import { refusal } from './failure.ts'

/** PNG of 64 x 64: a padlock, and a cup. */
const ICONS: Readonly<Record<string, Uint8Array>> = {
  [defaultIconOf(false)]: bytesOf(
    'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAMAAACdt4HsAAAABlBMVEU6Ojq+vr7t3utBAAAASElEQVR42u3MOQ4AIAwDQfz/T1NRhEMicRVpt7ZnDCKiz2SdV+a9SEieIHlCOFWEeMkD+yMtHPt2gK6A+gB6BwAAANANIKKWTUO3Ao+v4zXAAAAAAElFTkSuQmCC',
  ),
  [defaultIconOf(true)]: bytesOf(
    'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAMAAACdt4HsAAAABlBMVEUQfBD////KNMcXAAAAWElEQVR42u2UMQoAMAjEzv9/unTpKNJDdEjmNliokQBgLZHRLYgarYLCExDsF9wz2f3KR0pmkIoLYWxSZnB32q2C2xW3TG7bNCN4CjvQCBD8CewiIQCACQ7ZjALzGKpVnwAAAABJRU5ErkJggg==',
  ),
}
const FOREVER = 'public, max-age=31536000, immutable'

/** Serves the icons of achievements that have none, without a credential. */
export const iconRoutes: readonly Route[] = [
  { method: 'GET', path: '/icons/:file', name: 'getIcon', open: true, handle: getIcon },
]

async function getIcon(request: GatewayRequest): Promise<GatewayResponse> {
  const { file = '' } = request.params
  const body = Object.hasOwn(ICONS, file) ? ICONS[file] : undefined
  if (body === undefined) throw refusal(404, 'there is no such icon', request)
  const headers = {
    'content-type': 'image/png',
    'cache-control': FOREVER,
    'x-content-type-options': 'nosniff',
  }
  return { status: 200, headers, body }
}

/**
 * Returns the pictures with the icon of the state first, and the platform's default if there is none: clients read the first
 * picture of every entry.
 */
export function withIcon(
  media: Achievement['media'],
  state: ProgressState,
  { origin, mount }: RequestHead,
): readonly MediaAsset[] {
  const isUnlocked = state === 'achieved'
  const roles = isUnlocked
    ? ['unlocked_icon', 'icon', 'locked_icon']
    : ['locked_icon', 'icon', 'unlocked_icon']
  const ranked = roles.flatMap((role) => media.filter((asset) => asset.role === role))
  const name = defaultIconOf(isUnlocked)
  const [icon = { name, url: `${origin}${mount}/icons/${name}` }] = ranked
  const others = media
    .filter((asset) => asset !== icon)
    // Some clients take the icon by its type.
    .map((asset): MediaAsset => (roles.includes(asset.role) ? { ...asset, role: 'other' } : asset))
  return [{ ...icon, role: 'icon' }, ...others]
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
