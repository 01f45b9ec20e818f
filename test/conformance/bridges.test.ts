import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import type { Bridge, BridgeChange, BridgeRequest } from '../../src/dialect/bridge.ts'
import { formatJson, parseExactJson } from '../../src/model/exact-json.ts'
import { changeLists, crowds, targets } from './arbitrary-changes.ts'
import { frozen } from './frozen.ts'
import { runs } from './fuzz-factor.ts'
import { toy } from './toy/index.ts'

const listed: typeof adapters = [...adapters, toy]

const bridged = listed.flatMap((adapter) => (adapter.bridge ? [{ ...adapter, bridge: adapter.bridge }] : []))

it.for(listed)('$id has a bridge, or is no destination', ({ id, bridge }, { skip }) => {
  if (bridge === undefined) skip(`${id} has no bridge.ts: it is no destination`)
  expect(bridge?.kinds.length).toBeGreaterThan(0)
})

describe.each(bridged)('the bridge to $id', (adapter) => {
  const { bridge } = adapter
  const changes = fc.oneof(
    { weight: 4, arbitrary: changeLists(adapter) },
    { weight: 1, arbitrary: crowds(adapter) },
  )
  const cases = fc.record({ changes, target: targets(adapter) })
  const check = (property: (said: { changes: readonly BridgeChange[]; target: Target }) => void) =>
    fc.assert(fc.property(cases, property), runs(200))

  it('covers each change once, or says why not', () => {
    let sent = 0
    check(({ changes, target }) => {
      const { requests, unsupported } = bridge.plan(changes, target)
      const covered = requests.flatMap(({ covers }) => covers)
      const named = unsupported.map(({ change }) => change)
      expect([...covered, ...named].map(idOf).sort(ascending)).toEqual(changes.map(idOf))
      expect(unsupported.filter(({ reason }) => reason === '')).toEqual([])
      expect(covered.filter(({ event }) => !bridge.kinds.includes(event.kind))).toEqual([])
      for (const { covers } of requests) {
        expect(covers.length).toBeGreaterThan(0)
        expect(covers.map(idOf)).toEqual(covers.map(idOf).sort(ascending))
      }
      sent += covered.length
    })
    expect(sent).toBeGreaterThan(100)
  })

  it('plans the same requests again from the changes of some requests', () => {
    fc.assert(
      fc.property(cases, fc.infiniteStream(fc.boolean()), ({ changes, target }, choices) => {
        const { requests } = bridge.plan(changes, target)
        const chosen = requests.filter(() => choices.next().value === true)
        const again = bridge.plan(inOrder(chosen), target)
        expect(again).toEqual({ requests: chosen, unsupported: [] })
      }),
      runs(200),
    )
  })

  it('is pure', () => {
    check(({ changes, target }) => {
      const once = () => bridge.plan(frozen(changes), frozen(target))
      expect(once()).toEqual(once())
      expect(bridge.probe(frozen(target))).toEqual(bridge.probe(target))
    })
  })

  it('makes requests that HTTP can carry, below the URL', () => {
    check(({ changes, target }) => {
      for (const request of requestsOf(bridge, changes, target)) expectSendable(request)
    })
  })

  it('has a verdict for each change, whatever the response', () => {
    const responses = fc.record({
      status: fc.oneof(
        fc.constantFrom(200, 204, 304, 403, 404, 422, 500),
        fc.integer({ min: 100, max: 599 }),
      ),
      body: fc.oneof(
        fc.json(),
        fc.string(),
        fc.array(fc.record({ success: fc.anything(), statCode: fc.string() })).map((list) => {
          return JSON.stringify(list) ?? ''
        }),
      ),
    })
    fc.assert(
      fc.property(cases, responses, ({ changes, target }, response) => {
        for (const request of requestsOf(bridge, changes, target)) {
          const verdicts = bridge.interpret?.(request, response)
          if (verdicts === undefined) continue
          expect(verdicts).toHaveLength(request.covers.length)
          for (const verdict of verdicts)
            expect(verdict.kind === 'delivered' || verdict.reason !== '').toBe(true)
        }
      }),
      runs(200),
    )
  })

  it('probes with a request that changes nothing', () => {
    check(({ target }) => {
      const { method, covers, body } = bridge.probe(target)
      expect([method, covers, body]).toEqual(['GET', [], undefined])
    })
  })
})

type Target = Parameters<Bridge['plan']>[1]

/** All requests of a plan, those to send before them included, and the probe. */
function requestsOf(
  bridge: Bridge,
  changes: readonly BridgeChange[],
  target: Target,
): readonly BridgeRequest[] {
  const { requests } = bridge.plan(changes, target)
  const before = requests.flatMap((request) => request.before ?? [])
  return [...requests, ...before, bridge.probe(target)]
}

function expectSendable({ path, headers, body }: BridgeRequest): void {
  expect(path).toMatch(/^\/[!-~]*$/)
  const { pathname, search } = new URL(`https://platform.example/below${path}`)
  expect(pathname + search).toBe(`/below${path}`)
  expect(path).not.toMatch(/undefined|\/\/|\/$/)
  for (const [name, value] of Object.entries(headers)) {
    expect(name).toMatch(/^[a-z-]+$/)
    expect(value).toMatch(/^[ -~]+$/)
    expect(['authorization', 'content-length', 'idempotency-key']).not.toContain(name)
  }
  if (body === undefined) return
  expect(headers['content-type']).toMatch(/^application\/json/)
  expect(parseExactJson(formatJson(body))).toEqual(body)
}

function inOrder(requests: readonly BridgeRequest[]): readonly BridgeChange[] {
  return requests.flatMap(({ covers }) => covers).sort((left, right) => ascending(idOf(left), idOf(right)))
}

function idOf({ event }: BridgeChange): bigint {
  return event.id
}

function ascending(left: bigint, right: bigint): number {
  return Number(left - right)
}
