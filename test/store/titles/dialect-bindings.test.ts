import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import { withAllIds } from '../../../src/dialect/bindings.ts'
import { decodeEntry } from '../../../src/dialect/translate.ts'
import type { Binding } from '../../../src/model/title.ts'
import { claimTitle } from '../../../src/service/titles/bound-titles.ts'
import { createTitle, getTitle, updateTitle } from '../../../src/service/titles/titles.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { entryOf } from '../../support/documents.ts'
import { importText, textOf } from '../../support/exchange.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
let count = 0
const fresh = () => `title-${++count}`

beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

type Adapter = (typeof adapters)[number]

/** Returns the ids of a new title in the dialect, each of which the others follow from, if the dialect has such ids. */
function freshIds(adapter: Adapter): Binding {
  const ids = fixturesOf(adapter.id).binding(++count)
  const complete = Object.entries(ids).map(([name, id]) => withAllIds(adapter, { [name]: id }))
  return complete.toSorted((left, right) => Object.keys(right).length - Object.keys(left).length)[0] ?? ids
}

const create = (id: string, dialect?: string, binding: Binding = {}) => {
  const bindings = dialect === undefined ? {} : { [dialect]: binding }
  const title = { id, displayName: id, defaultLocale: 'en', bindings, extensions: {} }
  return createTitle(services, { title, requestId: undefined }, call)
}
const bind = (titleId: string, dialect: string, binding: Binding) => {
  const patch = { bindings: { [dialect]: binding } }
  return updateTitle(services, { titleId, etag: undefined, patch, requestId: undefined }, call)
}

/** Each way to bind the title `own` to ids. */
const WAYS: Readonly<Record<string, (adapter: Adapter, own: string, ids: Binding) => Promise<unknown>>> = {
  CreateTitle: (adapter, own, ids) => create(own, adapter.id, ids),
  UpdateTitle: async (adapter, own, ids) => {
    await create(own)
    await bind(own, adapter.id, ids)
  },
  'UpdateTitle of a bound title': async (adapter, own, ids) => {
    await create(own, adapter.id, freshIds(adapter))
    await bind(own, adapter.id, ids)
  },
  'import into a new title': (adapter, own, ids) => importOf(adapter, own, ids),
  'import into a title': async (adapter, own, ids) => {
    await create(own)
    await importOf(adapter, own, ids)
  },
  ClaimTitle: (adapter, own, ids) =>
    claimTitle(services, { dialect: adapter.id, binding: ids, titleId: own }, call),
}
function importOf({ id }: Adapter, titleId: string, binding: Binding) {
  return importText(services, id, textOf(entryOf(id, { binding })), { titleId })
}

/** Returns whether a document of the dialect says these ids. */
function isSaid(adapter: Adapter, binding: Binding): boolean {
  const entry = entryOf(adapter.id, { binding })
  const said = decodeEntry(adapter, entry, { locale: 'en', envelope: {} }).result.title.binding
  return Object.entries(binding).every(([name, id]) => said?.[name] === id)
}

/** Returns how another title gets a claim to one of the ids, and the ids that no title may then be bound to. */
type State = (
  adapter: Adapter,
  name: string,
) => readonly [(other: string) => Promise<unknown>, Binding, string]

const one = (ids: Binding, name: string): Binding => ({ [name]: ids[name] as string })
const othersOf = (ids: Binding, name: string) => Object.keys(ids).filter((each) => each !== name)

/** Ids that another title may have. The third part is the other title's id. */
const STATES: Readonly<Record<string, State>> = {
  'the id of another title': (adapter, name) => {
    const ids = freshIds(adapter)
    return [(other) => create(other), one(ids, name), ids[name] as string]
  },
  'a binding of another title': (adapter, name) => {
    const ids = freshIds(adapter)
    return [(other) => create(other, adapter.id, one(ids, name)), one(ids, name), fresh()]
  },
  "an id that follows from another title's binding": (adapter, name) => {
    const ids = freshIds(adapter)
    const [from = name] = othersOf(ids, name)
    return [(other) => create(other, adapter.id, one(ids, from)), one(ids, name), fresh()]
  },
  'an id from which the id of another title follows': (adapter, name) => {
    const ids = freshIds(adapter)
    const [to = name] = othersOf(ids, name)
    return [(other) => create(other), one(ids, name), ids[to] as string]
  },
  "an id from which another title's binding follows, beside an id of its own": (adapter, name) => {
    const [ids, own] = [freshIds(adapter), freshIds(adapter)]
    const [from = name] = othersOf(ids, name)
    const rest = Object.fromEntries(othersOf(own, name).map((each) => [each, own[each] as string]))
    return [(other) => create(other, adapter.id, one(ids, from)), { ...one(ids, name), ...rest }, fresh()]
  },
}

const SUBJECTS = adapters.flatMap((adapter) =>
  Object.keys(adapter.ids.binding).map((name) => [`${adapter.id} ${name}`, adapter, name] as const),
)

test('every id of every dialect is a subject, and some follow from each other', () => {
  expect(new Set(SUBJECTS.map(([, { id }]) => id)).size).toBe(adapters.length)
  for (const [, adapter, name] of SUBJECTS) expect(Object.keys(freshIds(adapter))).toContain(name)
  expect(SUBJECTS.filter(([, adapter]) => Object.keys(freshIds(adapter)).length > 1).length).toBeGreaterThan(
    1,
  )
})

describe.each(SUBJECTS)('%s', (_, adapter, name) => {
  describe.each(Object.entries(STATES))('is rejected if it is %s', (_state, state) => {
    test.each(Object.entries(WAYS))('%s', async (way, attempt) => {
      const [claim, ids, other] = state(adapter, name)
      if (way.startsWith('import') && !isSaid(adapter, ids)) return
      await claim(other)
      const own = fresh()
      await expect(attempt(adapter, own, ids)).rejects.toMatchObject({
        reason: expect.stringMatching(/^(BINDING_TAKEN|BOUND_TO_ANOTHER_TITLE)$/),
        metadata: { boundTitleId: other },
      })
      const title = await getTitle(services, { titleId: own }, call).catch(() => undefined)
      expect(Object.values(title?.bindings[adapter.id] ?? {})).not.toContain(ids[name])
    })

    test('by one of two concurrent requests, whichever comes first', async () => {
      const rounds = Array.from({ length: 10 }, () => ({ own: fresh(), state: state(adapter, name) }))
      await Promise.all(rounds.map(({ own }) => create(own)))
      await Promise.all(
        rounds.map(async ({ own, state: [claim, ids, other] }, round) => {
          const race = [() => claim(other), () => bind(own, adapter.id, ids)]
          if (round % 2 === 0) race.reverse()
          const results = await Promise.allSettled(race.map((run) => run()))
          const refused = results.filter((result) => result.status === 'rejected')
          expect(refused.map(({ reason }) => reason.reason)).toEqual(['BINDING_TAKEN'])
        }),
      )
    })
  })
})
