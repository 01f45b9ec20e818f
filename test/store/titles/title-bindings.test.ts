import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import type { LaurelError } from '../../../src/model/errors.ts'
import type { Principal } from '../../../src/model/principal.ts'
import type { Binding, Title } from '../../../src/model/title.ts'
import { importAchievements } from '../../../src/service/exchange/import-document.ts'
import { claimTitle, findBoundTitle, titleNamed } from '../../../src/service/titles/bound-titles.ts'
import { createTitle, getTitle, updateTitle } from '../../../src/service/titles/titles.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { adapterOf, entryOf } from '../../support/documents.ts'
import { importText, textOf } from '../../support/exchange.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
let count = 0
/** A new text that each of the dialects takes for an id. */
const fresh = (_name: string) => `${10n ** 16n + BigInt(++count)}`

beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

/** Two dialects that know a title by one id; the first calls it a namespace, as credentials do. */
const [ONE, OTHER] = [namedBy(true), namedBy(false)]
function namedBy(namespace: boolean) {
  const namesIn = (id: string) => Object.keys(fixturesOf(id).binding(1))
  const { id } = adapterOf((adapter) => {
    const [name, ...more] = namesIn(adapter.id)
    return more.length === 0 && (name === 'namespace') === namespace
  })
  const bindingOf = (text: string): Binding => ({ [namesIn(id)[0] as string]: text })
  return { dialect: id, bindingOf, bound: (text: string): Title['bindings'] => ({ [id]: bindingOf(text) }) }
}
const { dialect, bound } = ONE
const create = (id: string, bindings: Title['bindings'] = {}) => {
  const title = { id, displayName: id, defaultLocale: 'en', bindings, extensions: {} }
  return createTitle(services, { title, requestId: undefined }, call)
}
const bind = (titleId: string, bindings: Title['bindings']) =>
  updateTitle(services, { titleId, etag: undefined, patch: { bindings }, requestId: undefined }, call)
const documentOf = (name: string) => textOf(entryOf(dialect, { binding: ONE.bindingOf(name) }))
const bindingsOf = async (titleId: string) => (await getTitle(services, { titleId }, call)).bindings
const findNamed = (name: string) => findBoundTitle(services, { dialect, binding: ONE.bindingOf(name) }, call)

test('a title is not found by its own id in any dialect until it is bound to it', async () => {
  const id = fresh('own-id')
  await create(id)
  for (const adapter of adapters) {
    for (const name of Object.keys(fixturesOf(adapter.id).binding(1))) {
      const found = findBoundTitle(services, { dialect: adapter.id, binding: { [name]: id } }, call)
      await expect(found).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
    }
  }
  expect(await titleNamed(services, { dialect, namespace: id }, call)).toBeUndefined()
  await bind(id, bound(id))
  expect(await findNamed(id)).toMatchObject({ id })
  expect(await titleNamed(services, { dialect, namespace: id }, call)).toBe(id)
})

/** Each way to bind: `own` gets the id `other` as its name in a dialect. */
const WAYS: Readonly<Record<string, (own: string, other: string) => Promise<unknown>>> = {
  CreateTitle: (own, other) => create(own, bound(other)),
  'CreateTitle, in another dialect': (own, other) => create(own, OTHER.bound(other)),
  UpdateTitle: async (own, other) => {
    await create(own, OTHER.bound(own))
    await bind(own, { ...OTHER.bound(own), ...bound(other) })
  },
  'import into a new title': (own, other) =>
    importText(services, dialect, documentOf(other), { titleId: own }),
  'import into a title': async (own, other) => {
    await create(own)
    await importText(services, dialect, documentOf(other), { titleId: own })
  },
  'import that names no title': (_, other) => importText(services, dialect, documentOf(other)),
  ClaimTitle: (own, other) =>
    claimTitle(services, { dialect, binding: ONE.bindingOf(other), titleId: own }, call),
  'ClaimTitle that names no title': (_, other) =>
    claimTitle(services, { dialect, binding: ONE.bindingOf(other) }, call),
}

async function rejectionOf(attempt: Promise<unknown>): Promise<LaurelError> {
  const [result] = await Promise.allSettled([attempt])
  if (result?.status === 'fulfilled') throw new Error('the request succeeded')
  return result?.reason
}

describe.each(Object.entries(WAYS))('%s', (name, attempt) => {
  test("rejects another title's own id", async () => {
    const [own, other] = [fresh('own'), fresh('other')]
    await create(other)
    const { reason, metadata } = await rejectionOf(attempt(own, other))
    expect(['BINDING_TAKEN', 'BOUND_TO_ANOTHER_TITLE']).toContain(reason)
    expect(metadata).toMatchObject({ boundTitleId: other })
    await bind(other, bound(other))
    expect(await findNamed(other)).toMatchObject({ id: other })
  })

  // Requests that name no title find the bound title instead.
  if (name.endsWith('names no title')) return
  test('rejects an id that another title is bound to with the same reason', async () => {
    const [first, second] = [fresh('other'), fresh('taken')]
    await create(first)
    const owner = fresh('owner')
    await create(owner, { ...bound(second), ...OTHER.bound(second) })
    const { reason, code } = await rejectionOf(attempt(fresh('own'), first))
    const taken = await rejectionOf(attempt(fresh('own'), second))
    expect(taken).toMatchObject({ reason, code, metadata: { boundTitleId: owner } })
  })
})

/** Each way to create a title of the id. */
const CREATIONS: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
  CreateTitle: (id) => create(id),
  import: (titleId) => importText(services, dialect, documentOf(fresh('free')), { titleId }),
  ClaimTitle: (titleId) =>
    claimTitle(services, { dialect, binding: ONE.bindingOf(fresh('free')), titleId }, call),
}

test.each(Object.entries(CREATIONS))(
  '%s rejects an id that another title is bound to',
  async (_, attempt) => {
    const [id, owner] = [fresh('taken'), fresh('owner')]
    await create(owner, OTHER.bound(id))
    await expect(attempt(id)).rejects.toMatchObject({
      code: 'already_exists',
      reason: 'BINDING_TAKEN',
      metadata: { titleId: id, boundTitleId: owner, dialect: OTHER.dialect, ...OTHER.bindingOf(id) },
    })
    await bind(owner, {})
    await attempt(id)
  },
)

test('of two concurrent requests, to create a title and to bind another title to its id, one is rejected', async () => {
  const rounds = Array.from({ length: 100 }, () => ({ id: fresh('race'), owner: fresh('racer') }))
  await Promise.all(rounds.map(({ owner }) => create(owner)))
  await Promise.all(
    rounds.map(async ({ id, owner }, round) => {
      const race = [() => create(id), () => bind(owner, bound(id))]
      if (round % 2 === 0) race.reverse()
      const results = await Promise.allSettled(race.map((run) => run()))
      const refused = results.filter((result) => result.status === 'rejected')
      expect(refused.map(({ reason }) => reason.reason)).toEqual(['BINDING_TAKEN'])
    }),
  )
})

test('ClaimTitle does not bind an existing title to its own id', async () => {
  const id = fresh('unbound')
  await create(id)
  const claim = () => claimTitle(services, { dialect, binding: ONE.bindingOf(id), titleId: id }, call)
  await expect(claim()).rejects.toMatchObject({ reason: 'BINDING_TAKEN' })
  expect(await bindingsOf(id)).toEqual({})
  await bind(id, bound(id))
  expect(await claim()).toMatchObject({ id })
})

describe('an import that allows rebinding', () => {
  const runAs = async (principal: Principal, titleId: string, name: string) => {
    async function* content() {
      yield new TextEncoder().encode(documentOf(name))
    }
    const options = {
      dialect,
      titleId,
      playerId: undefined,
      strategy: 'replace',
      dryRun: false,
      mapping: {},
      allowRebinding: true,
      locale: undefined,
      lossPolicy: 'report',
    } as const
    return Array.fromAsync(importAchievements(services, options, content(), { ...call, principal }))
  }
  const permissionOn = (title: string) => ({ resource: `ADMIN:NAMESPACE:${title}:*`, action: 15 })

  test('leaves all bindings, for a caller with permissions on both titles', async () => {
    const [own, other] = [fresh('own'), fresh('other')]
    await create(other)
    const service = {
      kind: 'service',
      name: 'both',
      permissions: [permissionOn(own), permissionOn(other)],
    } as const
    await runAs(service, own, other)
    expect(await bindingsOf(own)).toEqual({})
    await expect(findNamed(other)).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  })

  test('is rejected for a caller without permission on the other title', async () => {
    const [own, other] = [fresh('own'), fresh('other')]
    await create(other)
    const service = { kind: 'service', name: 'own', permissions: [permissionOn(own)] } as const
    await expect(runAs(service, own, other)).rejects.toMatchObject({ reason: 'PERMISSION_DENIED' })
    await expect(getTitle(services, { titleId: own }, call)).rejects.toMatchObject({ code: 'not_found' })
  })
})
