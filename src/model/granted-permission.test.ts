import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSegment, encodeSegment } from './granted-permission.ts'
import { ALL, isAllowed, type Permission, type Principal } from './principal.ts'

const NASTY = [
  '*',
  '**',
  'USER',
  'NAMESPACE',
  'ADMIN',
  'ACHIEVEMENT',
  'a',
  'a:b',
  'a:USER:b',
  '%',
  '%%',
  '50%',
  '50%25',
  '%2A',
  '%2a',
  '%3A',
  'a%3Ab',
  '..',
  '.',
  '/',
  ' ',
  'ä',
  'a\u0308',
  '星',
  '🏆',
  '\u0000',
  '{title}',
  'undefined',
]
const name = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.array(fc.constantFrom(...NASTY), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', minLength: 1 }),
)

const service = (...resources: readonly string[]): Principal => ({
  kind: 'service',
  name: 'bot',
  permissions: resources.map((resource) => ({ resource, action: 15 })),
})
const own = (title: string, player: string): Permission => ({
  resource: ['NAMESPACE', title, 'USER', player, 'ACHIEVEMENT'],
  action: 'read',
})
const definitions = (title: Permission['resource'][number]): Permission => ({
  resource: ['ADMIN', 'NAMESPACE', title, 'ACHIEVEMENT'],
  action: 'read',
})

test('a segment is decoded to the id that it encodes', () => {
  fc.assert(
    fc.property(name, (id) => {
      expect(encodeSegment(id)).not.toMatch(/[:*]/)
      expect(decodeSegment(encodeSegment(id))).toBe(id)
    }),
  )
  expect(decodeSegment('50%')).toBeUndefined()
  expect(decodeSegment('%61')).toBe('a')
})

test('a granted permission on one title covers this title, and no other one, whatever their ids', () => {
  fc.assert(
    fc.property(name, name, name, (granted, required, player) => {
      const principal = service(
        `ADMIN:NAMESPACE:${encodeSegment(granted)}:ACHIEVEMENT`,
        `NAMESPACE:${encodeSegment(granted)}:*`,
      )
      const isSame = granted === required
      expect(isAllowed(principal, definitions(granted))).toBe(true)
      expect(isAllowed(principal, definitions(required))).toBe(isSame)
      expect(isAllowed(principal, own(required, player))).toBe(isSame)
      expect(isAllowed(principal, definitions(ALL))).toBe(false)
    }),
  )
})

test('a granted permission on one player covers this player, and no other one, whatever their ids', () => {
  fc.assert(
    fc.property(name, name, name, (granted, required, title) => {
      const resources = ['NAMESPACE:*:USER', 'NAMESPACE:*:*'].map(
        (prefix) => `${prefix}:${encodeSegment(granted)}:ACHIEVEMENT`,
      )
      for (const resource of resources) {
        expect(isAllowed(service(resource), own(title, granted))).toBe(true)
        expect(isAllowed(service(resource), own(title, required))).toBe(granted === required)
      }
    }),
  )
})

test('a player with every permission acts only for the player of the token, whatever the ids', () => {
  fc.assert(
    fc.property(name, name, name, (playerId, required, title) => {
      const permissions = [{ resource: '*', action: 15 }]
      const principal: Principal = { kind: 'player', name: playerId, playerId, permissions }
      expect(isAllowed(principal, own(title, required))).toBe(playerId === required)
      expect(isAllowed(principal, definitions(title))).toBe(false)
      expect(isAllowed(principal, { resource: ['NAMESPACE', title, 'ACHIEVEMENT'], action: 'read' })).toBe(
        true,
      )
    }),
  )
})
