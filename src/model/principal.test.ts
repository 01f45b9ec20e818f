import { describe, expect, test } from 'vitest'
import { encodeSegment } from './granted-permission.ts'
import {
  ANONYMOUS,
  EVERYTHING,
  formatPermission,
  isAllowed,
  type Permission,
  type Principal,
  SOME,
} from './principal.ts'

const permission = (resource: string, action: Permission['action'] = 'read'): Permission => ({
  resource: resource.split(':').map((segment) => segment.replace('%3A', ':').replace('%25', '%')),
  action,
})
const service = (resource: string, action = 15): Principal => ({
  kind: 'service',
  name: 'bot',
  permissions: [{ resource, action }],
})
const player = (resource: string, action = 15): Principal => ({
  kind: 'player',
  name: 'ann',
  playerId: 'ann',
  permissions: [{ resource, action }],
})

describe('a granted permission', () => {
  test.each([
    ['ADMIN:NAMESPACE:a:ACHIEVEMENT', 'ADMIN:NAMESPACE:a:ACHIEVEMENT'],
    ['ADMIN:NAMESPACE:*:ACHIEVEMENT', 'ADMIN:NAMESPACE:a:ACHIEVEMENT'],
    ['ADMIN:NAMESPACE:a:*', 'ADMIN:NAMESPACE:a:USER:ann:ACHIEVEMENT'],
    ['ADMIN:NAMESPACE:*:*', 'ADMIN:NAMESPACE:a:ACHIEVEMENT'],
    ['ADMIN:NAMESPACE:a:USER:*:ACHIEVEMENT', 'ADMIN:NAMESPACE:a:USER:ann:ACHIEVEMENT'],
    ['ADMIN:NAMESPACE:a:ACHIEVEMENT', 'NAMESPACE:a:ACHIEVEMENT'],
    ['NAMESPACE:a:ACHIEVEMENT', 'NAMESPACE:a:ACHIEVEMENT'],
    ['ADMIN:*', 'ADMIN:NAMESPACE:*:NAMESPACE'],
    ['ADMIN:*', 'NAMESPACE:*:USER:ann:PLAYER'],
    ['NAMESPACE:a:USER:toy%3A25:ACHIEVEMENT', 'NAMESPACE:a:USER:toy%3A25:ACHIEVEMENT'],
  ])('%s covers %s', (granted, required) => {
    expect(isAllowed(service(granted), permission(required))).toBe(true)
  })

  test.each([
    ['ADMIN:NAMESPACE:a:ACHIEVEMENT', 'ADMIN:NAMESPACE:b:ACHIEVEMENT'],
    ['ADMIN:NAMESPACE:a:ACHIEVEMENT', 'ADMIN:NAMESPACE:*:ACHIEVEMENT'],
    ['ADMIN:NAMESPACE:a:ACHIEVEMENT', 'ADMIN:NAMESPACE:a:STAT'],
    ['NAMESPACE:a:ACHIEVEMENT', 'ADMIN:NAMESPACE:a:ACHIEVEMENT'],
    ['ADMIN:NAMESPACE:a', 'ADMIN:NAMESPACE:a:ACHIEVEMENT'],
    ['ADMIN:NAMESPACE:a:ACHIEVEMENT:X', 'ADMIN:NAMESPACE:a:ACHIEVEMENT'],
    // A star after NAMESPACE or USER is that segment and no more.
    ['ADMIN:NAMESPACE:*', 'ADMIN:NAMESPACE:a:ACHIEVEMENT'],
    ['ADMIN:NAMESPACE:a:USER:*', 'ADMIN:NAMESPACE:a:USER:ann:ACHIEVEMENT'],
    ['NAMESPACE:a:USER:toy:25:ACHIEVEMENT', 'NAMESPACE:a:USER:toy%3A25:ACHIEVEMENT'],
    ['admin:namespace:a:achievement', 'ADMIN:NAMESPACE:a:ACHIEVEMENT'],
    ['', 'NAMESPACE:a:ACHIEVEMENT'],
  ])('%s does not cover %s', (granted, required) => {
    expect(isAllowed(service(granted), permission(required))).toBe(false)
  })

  test('covers only its actions', () => {
    const resource = 'ADMIN:NAMESPACE:a:ACHIEVEMENT'
    const actions = ['create', 'read', 'update', 'delete'] as const
    for (const [index, action] of actions.entries()) {
      const allowed = actions.filter((asked) =>
        isAllowed(service(resource, 2 ** index), permission(resource, asked)),
      )
      expect(allowed).toEqual([action])
    }
  })
})

test('an id cannot pass for a wildcard or for several segments', () => {
  const named = { resource: ['NAMESPACE', 'a:USER:ann', 'ACHIEVEMENT'], action: 'read' } as const
  expect(isAllowed(service('NAMESPACE:a:USER:ann:ACHIEVEMENT'), named)).toBe(false)
  expect(isAllowed(service(`NAMESPACE:${encodeSegment('a:USER:ann')}:ACHIEVEMENT`), named)).toBe(true)
  expect(formatPermission(named)).toBe('NAMESPACE:a%3AUSER%3Aann:ACHIEVEMENT [READ]')
  expect(encodeSegment('50%3A')).toBe('50%253A')
})

test('a permission on some title is covered by a granted one on any title', () => {
  const some = { resource: ['NAMESPACE', SOME, 'USER', 'ann', 'ACHIEVEMENT'], action: 'read' } as const
  expect(isAllowed(service('ADMIN:NAMESPACE:a:*'), some)).toBe(true)
  expect(isAllowed(service('ADMIN:NAMESPACE:a:STAT'), some)).toBe(false)
  expect(isAllowed(player('NAMESPACE:a:USER:ann:ACHIEVEMENT'), some)).toBe(true)
  expect(isAllowed(player('NAMESPACE:a:USER:ben:ACHIEVEMENT'), some)).toBe(false)
  expect(formatPermission(some)).toBe('NAMESPACE:{title}:USER:ann:ACHIEVEMENT [READ]')
})

describe('a player', () => {
  test.each(['NAMESPACE:a:USER:*:ACHIEVEMENT', 'ADMIN:*', 'NAMESPACE:*:*', '*'])(
    'with %s acts for this player only, and not as an administrator',
    (granted) => {
      expect(isAllowed(player(granted), permission('NAMESPACE:a:USER:ann:ACHIEVEMENT'))).toBe(true)
      expect(isAllowed(player(granted), permission('NAMESPACE:a:USER:ben:ACHIEVEMENT'))).toBe(false)
      expect(isAllowed(player(granted), permission('ADMIN:NAMESPACE:a:USER:ann:ACHIEVEMENT'))).toBe(false)
    },
  )
})

test('an anonymous caller may do nothing, and an operator anything', () => {
  expect(isAllowed(ANONYMOUS, permission('NAMESPACE:a:ACHIEVEMENT'))).toBe(false)
  const operator: Principal = { kind: 'operator', name: 'op', permissions: EVERYTHING }
  for (const resource of [
    'ADMIN:NAMESPACE:a:STAT',
    'NAMESPACE:a:USER:b:STATITEM',
    'ADMIN:NAMESPACE:*:NAMESPACE',
  ]) {
    expect(isAllowed(operator, permission(resource, 'delete'))).toBe(true)
  }
})
