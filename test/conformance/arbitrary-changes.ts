import fc from 'fast-check'
import type { Adapter } from '../../src/dialect/adapter.ts'
import type { BridgeChange, BridgeTarget } from '../../src/dialect/bridge.ts'
import type { StoredAchievement } from '../../src/model/achievement.ts'
import { EVENT_KINDS, type Event } from '../../src/model/event.ts'
import { NOT_STARTED, type Progress } from '../../src/model/progress.ts'
import { achievements } from './arbitrary-achievements.ts'
import { instants, quantities, tokens } from './arbitrary-values.ts'

/** Texts that a path may not have unencoded, and texts that lead out of it. */
const awkward = fc.constantFrom('.', '..', '%2e%2e', 'a/../b', '/', '?a=b#c', '\\', ' ', 'é🏆', '__proto__')

function stored(adapter: Adapter): fc.Arbitrary<StoredAchievement> {
  const unusual = fc.record({
    id: fc.option(awkward, { nil: undefined, freq: 5 }),
    ids: fc.option(
      fc.option(
        awkward.map((id) => ({ [adapter.id]: id })),
        { nil: {} },
      ),
      { nil: undefined, freq: 5 },
    ),
  })
  return fc.tuple(achievements(adapter), unusual, instants).map(([achievement, { id, ids }, time]) => ({
    ...achievement,
    id: id ?? achievement.id,
    ids: ids ?? achievement.ids,
    titleId: 'title-1',
    createTime: time,
    updateTime: time,
    etag: 'e',
  }))
}

/** Any standing: it may be further than the event, or have been reset since. */
function progressOn({ requirements }: StoredAchievement): fc.Arbitrary<Progress> {
  const values = fc.tuple(
    ...requirements.map(({ id, valueType }) =>
      fc.option(
        quantities[valueType].map((value) => [id, value] as const),
        { nil: undefined },
      ),
    ),
  )
  return fc.record({
    ...Object.fromEntries(Object.entries(NOT_STARTED).map(([name, value]) => [name, fc.constant(value)])),
    state: fc.constantFrom('not_started', 'in_progress', 'achieved'),
    percent: fc.integer({ min: 0, max: 100 }),
    revoked: fc.boolean(),
    values: values.map((entries) => Object.fromEntries(entries.filter((entry) => entry !== undefined))),
  }) as unknown as fc.Arbitrary<Progress>
}

function changeOf(achievement: StoredAchievement): fc.Arbitrary<BridgeChange> {
  const event: fc.Arbitrary<Omit<Event, 'id'>> = fc
    .record({
      kind: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('progressed' as const, 'unlocked' as const) },
        { weight: 1, arbitrary: fc.constantFrom(...EVENT_KINDS) },
      ),
      time: instants,
      state: fc.constantFrom('not_started' as const, 'in_progress' as const, 'achieved' as const),
      percent: fc.integer({ min: 0, max: 100 }),
    })
    .map((said) => ({
      ...said,
      titleId: 'title-1',
      playerId: 'player-1',
      achievementId: achievement.id,
      unlockTime: said.state === 'achieved' ? said.time : undefined,
      actor: '',
      reason: '',
      requestId: '',
    }))
  return fc
    .record({
      event,
      progress: progressOn(achievement),
      deliveredPercent: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined, freq: 3 }),
    })
    .map(({ event: made, ...parts }) => ({ ...parts, event: { ...made, id: 0n }, achievement }))
}

/** Changes of one player, in their order: of many achievements, or often of the same. */
export function changeLists(adapter: Adapter): fc.Arbitrary<readonly BridgeChange[]> {
  const some = fc.oneof(
    fc.array(stored(adapter), { minLength: 1, maxLength: 4 }),
    fc.array(stored(adapter), { minLength: 1, maxLength: 4, size: 'max' }),
  )
  return some
    .chain((known) =>
      fc.array(
        fc.constantFrom(...known).chain((achievement) => changeOf(achievement)),
        { maxLength: 12, size: 'max' },
      ),
    )
    .map(numbered)
}

/** The same achievement as many, so that they do not fit into one request. */
export function crowds(adapter: Adapter): fc.Arbitrary<readonly BridgeChange[]> {
  return fc
    .tuple(stored(adapter), fc.integer({ min: 1, max: 250 }))
    .chain(([achievement, count]) =>
      fc.array(changeOf(achievement), { minLength: 1, maxLength: 5 }).map((few) =>
        Array.from({ length: count }, (_, index) => {
          const { event, ...parts } = few[index % few.length] as BridgeChange
          const number = String(1 + ((index * 7) % count))
          const alike = { ...achievement, id: `a${number}`, ids: { [adapter.id]: number } }
          return { ...parts, event: { ...event, achievementId: alike.id }, achievement: alike }
        }),
      ),
    )
    .map(numbered)
}

export function targets({ ids }: Adapter): fc.Arbitrary<BridgeTarget> {
  const bindings = fc.bigInt(0n, 2n ** 64n - 1n).map((entropy) => ids.deriveBinding('title-1', entropy))
  const unusual = awkward.chain((text) =>
    bindings.map((binding) => Object.fromEntries(Object.keys(binding).map((name) => [name, text] as const))),
  )
  const accounts = fc.oneof(fc.bigInt(1n, 2n ** 53n).map(String), fc.oneof(tokens, awkward))
  return fc.record({
    titleId: fc.constant('title-1'),
    binding: fc.oneof({ weight: 6, arbitrary: bindings }, unusual, fc.constant({})),
    account: accounts,
  })
}

function numbered(changes: readonly BridgeChange[]): readonly BridgeChange[] {
  return changes.map((change, index) => ({ ...change, event: { ...change.event, id: BigInt(index + 1) } }))
}
