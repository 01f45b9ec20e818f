import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import type { Listing, Source, SourceTarget } from '../../src/dialect/source.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { targets } from './arbitrary-changes.ts'
import { frozen } from './frozen.ts'
import { runs } from './fuzz-factor.ts'
import { toy } from './toy/index.ts'

const listed: typeof adapters = [...adapters, toy]

const sourced = listed.flatMap((adapter) => (adapter.source ? [{ ...adapter, source: adapter.source }] : []))

it.for(listed)('$id has a source, or cannot be pulled', ({ id, source }, { skip }) => {
  if (source === undefined) skip(`${id} has no source.ts: nothing is pulled from it`)
  expect(source?.lacks({}).length).toBeGreaterThan(0)
})

describe.each(sourced)('the source of $id', (adapter) => {
  const { source } = adapter
  const listings = [source.definitions, source.progress]
  const sure = targets(adapter).map(
    ({ binding, account }): SourceTarget => ({ binding, account, locale: 'de-AT' }),
  )
  const unusual = fc.record({
    binding: fc.dictionary(fc.constantFrom(...source.lacks({})), fc.string({ unit: 'binary' })),
    account: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    locale: fc.constant('en'),
  })
  const cases = fc.record({
    target: fc.oneof(sure, unusual),
    after: fc.option(fc.string(), { nil: undefined }),
  })

  it('makes requests that HTTP can carry, below the URL, or refuses with a reason', () => {
    let asked = 0
    fc.assert(
      fc.property(cases, ({ target, after }) => {
        if (source.lacks(target.binding).length > 0) return
        for (const listing of listings) {
          const request = orRefused(() => listing.ask(frozen(target), after))
          if (request instanceof DecodeError) continue
          asked += 1
          expect(listing.ask(target, after)).toEqual(request)
          expect(request.path).toMatch(/^\/[!-~]*$/)
          const { pathname, hash } = new URL(`https://platform.example/below${request.path}`)
          expect([pathname, hash]).toEqual([`/below${request.path.replace(/\?.*$/, '')}`, ''])
          for (const [name, value] of Object.entries(request.headers)) {
            expect([name, value]).toEqual([
              expect.stringMatching(/^[a-z-]+$/),
              expect.stringMatching(/^[ -~]+$/),
            ])
            expect(name).not.toBe('authorization')
          }
        }
      }),
      runs(500),
    )
    expect(asked).toBeGreaterThan(100)
  })

  it('lacks nothing of a title that has an id there', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (entropy) => {
        expect(source.lacks(adapter.ids.deriveBinding('title-1', entropy))).toEqual([])
      }),
      runs(100),
    )
  })

  it('reads a page of any response, or refuses it with a path', () => {
    const responses = fc.oneof(fc.jsonValue(), ...shapes(source)) as fc.Arbitrary<JsonValue>
    let [read, refused] = [0, 0]
    fc.assert(
      fc.property(sure, responses, (target, response) => {
        for (const listing of listings) {
          const page = orRefused(() => listing.read(frozen(response), target, undefined))
          if (page instanceof DecodeError) {
            refused += 1
            continue
          }
          read += 1
          expect(listing.read(response, target, undefined)).toEqual(page)
          expect(entriesAt(response, page.list)).toEqual(page.entries)
          expect(page.next === undefined || page.next !== '').toBe(true)
        }
      }),
      runs(500),
    )
    expect(read).toBeGreaterThan(50)
    expect(refused).toBeGreaterThan(50)
  })
})

function orRefused<Value>(work: () => Value): Value | DecodeError {
  try {
    return work()
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}

/** Responses in the form that the source reads, with any values in the members that it reads. */
function shapes({ definitions, progress }: Source): readonly fc.Arbitrary<unknown>[] {
  const anything = fc.jsonValue()
  const list = fc.oneof(fc.array(anything), fc.constant(null))
  const paging = fc.oneof(
    fc.dictionary(
      fc.constantFrom('next', 'continuationToken', 'totalRecords'),
      fc.oneof(fc.string(), anything),
    ),
    anything,
  )
  const members = fc.dictionary(fc.constantFrom('paging', 'pagingInfo'), paging)
  return [definitions, progress].map((listing) => {
    const name = memberOf(listing)
    return name === undefined
      ? list
      : fc.tuple(list, members).map(([all, beside]) => ({ [name]: all, ...beside }))
  })
}

/** The member that holds the list, taken from the error for a response without it. */
function memberOf(listing: Listing): string | undefined {
  const target = { binding: {}, account: '1', locale: 'en' }
  const refused = orRefused(() => listing.read({}, target, undefined))
  return refused instanceof DecodeError ? refused.path[0]?.toString() : undefined
}

function entriesAt(response: JsonValue, [member]: readonly (string | number)[]): readonly JsonValue[] {
  const list = member === undefined ? response : (response as Record<string, JsonValue>)[member]
  return (list ?? []) as readonly JsonValue[]
}
