import { describe, expect, test } from 'vitest'
import type { MediaAsset } from '../../../src/model/achievement.ts'
import { withIcon } from './icons.ts'

const HEAD = {
  method: 'GET',
  mount: '/xbox',
  origin: 'https://xbox.example',
  path: '',
  params: {},
  headers: {},
  query: new URLSearchParams(),
  now: 0n,
}
const asset = (role: MediaAsset['role']): MediaAsset => ({
  role,
  name: role,
  url: `https://cdn.test/${role}`,
})
const first = (media: readonly MediaAsset[], isUnlocked: boolean) =>
  withIcon(media, isUnlocked ? 'achieved' : 'in_progress', HEAD)[0]

describe('the first picture', () => {
  test.each([
    [['art', 'locked_icon', 'unlocked_icon'], 'locked_icon', 'unlocked_icon'],
    [['other', 'icon', 'locked_icon'], 'locked_icon', 'icon'],
    [['icon'], 'icon', 'icon'],
    [['locked_icon'], 'locked_icon', 'locked_icon'],
  ] as const)('of %j is the icon of the state', (roles, locked, unlocked) => {
    const media = roles.map(asset)
    expect(first(media, false)).toEqual({ ...asset(locked), role: 'icon' })
    expect(first(media, true)).toEqual({ ...asset(unlocked), role: 'icon' })
    expect(withIcon(media, 'achieved', HEAD)).toHaveLength(media.length)
    expect(withIcon(media, 'achieved', HEAD).filter(({ role }) => role === 'icon')).toHaveLength(1)
  })

  test('is the default one of the server where there is none', () => {
    expect(first([], false)?.url).toBe('https://xbox.example/xbox/icons/laurel-locked.png')
    expect(first([asset('art')], true)?.url).toBe('https://xbox.example/xbox/icons/laurel-unlocked.png')
  })

  test('is a path if the request does not say where the server is', () => {
    expect(withIcon([], 'in_progress', { ...HEAD, origin: '' })[0]?.url).toBe('/xbox/icons/laurel-locked.png')
  })
})
