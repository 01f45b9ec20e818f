import { Metadata } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { testWire } from '../../test/support/services.ts'
import { EVERYTHING, type Principal, principalName } from '../model/principal.ts'
import { admit, callOf } from './call.ts'

async function actorFor(principal: Principal, actor?: string): Promise<string | undefined> {
  const metadata = new Metadata()
  if (actor !== undefined) metadata.set('laurel-actor', actor)
  const { signal } = new AbortController()
  const source = { operation: 'test', address: () => undefined }
  await admit(metadata, { ...testWire, authenticate: async () => principal }, source, signal)
  const call = callOf({ metadata })
  expect(call.principal).toBe(principal)
  return call.actor
}

test.each(['service', 'operator'] as const)('the actor of a %s stands beside its own name', async (kind) => {
  const principal = { kind, name: 'match-server', permissions: EVERYTHING }
  expect(await actorFor(principal)).toBe('match-server')
  expect(await actorFor(principal, 'ada')).toBe('match-server (ada)')
  expect(await actorFor(principal, 'ops')).toBe('match-server (ops)')
})

test('a player is its own actor', async () => {
  const principal = { kind: 'player', name: 'ann', playerId: 'ann', permissions: [] } as const
  expect(await actorFor(principal, 'ops')).toBe('ann')
})

test('no name of a principal looks like another name with an actor', async () => {
  const names = ['ops', 'ops (ada)', 'ops %28ada)', 'ops %2528ada)', 'ops (', '50%', '50%25', '%']
  const encoded = names.map(principalName)
  expect(new Set(encoded).size).toBe(names.length)
  expect(encoded.filter((name) => name.includes('('))).toEqual([])
  expect(['ann', 'plain:2814651093377005', '50%', 'a)b'].map(principalName)).toEqual([
    'ann',
    'plain:2814651093377005',
    '50%',
    'a)b',
  ])
})
