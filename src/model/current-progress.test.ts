import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { achievementOf, requirementOf } from '../../test/support/records.ts'
import { AT, add, apply, percent, type Recorded, reach } from '../../test/support/reports.ts'
import { applyReport } from './apply-report.ts'
import { currentProgress } from './current-progress.ts'
import { NOT_STARTED, type Report } from './progress.ts'

const PLAIN = achievementOf()

/** An increment of a stat by the rise; without one, a `max` of it. */
const stat = (quantity: number, rise: number | undefined): Report => ({
  kind: 'stat',
  statCode: 'kills',
  quantity,
  inWindow: {
    steps: rise === undefined ? [] : [{ before: quantity - rise, after: quantity }],
    highest: rise === undefined ? quantity : undefined,
    lowest: undefined,
  },
})

describe('a challenge', () => {
  const challenge = { kind: 'challenge', window: { start: 100n, end: 200n } } as const
  const plain = achievementOf(challenge)
  const counted = achievementOf({ ...challenge, requirements: [requirementOf()] })

  test.each([[99n], [201n]])('counts nothing that happened at %d', (time) => {
    expect(applyReport(plain, NOT_STARTED, { kind: 'unlock' }, { ...AT, time })).toMatchObject({
      reason: 'OUTSIDE_WINDOW',
    })
    const inside = { ...AT, time: 150n }
    const reached = [reach(3n), reach(10n)].map((report) => applyReport(counted, NOT_STARTED, report, inside))
    for (const before of [NOT_STARTED, ...reached.map((outcome) => (outcome as Recorded).progress)]) {
      for (const report of [reach(10n), add(9n), percent(99), stat(9, 9)]) {
        const outcome = applyReport(counted, before, report, { ...AT, time })
        expect(outcome).toMatchObject({ changed: false, newlyUnlocked: false, progress: before })
      }
    }
  })

  test('adds up what happened inside its window alone', () => {
    const late = applyReport(counted, NOT_STARTED, add(9n), { ...AT, time: 99n }) as Recorded
    const inside = applyReport(counted, late.progress, add(1n), { ...AT, time: 100n })
    expect(inside).toMatchObject({ newlyUnlocked: false, progress: { values: { count: 1n }, percent: 10 } })
  })

  test('counts how a stat rises inside its window, and a value that stands by itself', () => {
    const following = achievementOf({ ...challenge, requirements: [requirementOf({ statCode: 'kills' })] })
    const at = { ...AT, time: 150n }
    const risen = applyReport(following, NOT_STARTED, stat(1_004, 4), at) as Recorded
    expect(risen.progress).toMatchObject({ values: { count: 4n }, percent: 40 })
    expect(applyReport(following, risen.progress, stat(1_010, 6), at)).toMatchObject({
      newlyUnlocked: true,
    })
    expect(applyReport(following, risen.progress, stat(900, 0), at)).toMatchObject({ changed: false })
    expect(applyReport(following, NOT_STARTED, stat(10, undefined), at)).toMatchObject({
      newlyUnlocked: true,
    })
  })

  test('adds up fractions, and counts neither a reset nor a value from before', () => {
    const following = achievementOf({
      ...challenge,
      requirements: [requirementOf({ statCode: 'kills', target: 2n })],
    })
    const at = { ...AT, time: 150n }
    const steps = [0, 0.5, 1, 1.5].map((before) => ({ before, after: before + 0.5 }))
    const report = (inWindow: object): Report => ({
      kind: 'stat',
      statCode: 'kills',
      quantity: 1_000,
      inWindow: { steps: [], highest: undefined, lowest: undefined, ...inWindow },
    })
    expect(applyReport(following, NOT_STARTED, report({ steps }), at)).toMatchObject({ newlyUnlocked: true })
    expect(applyReport(following, NOT_STARTED, report({}), at)).toMatchObject({ changed: false })
    expect(applyReport(following, NOT_STARTED, report({ highest: 1 }), at)).toMatchObject({
      progress: { values: { count: 1n }, state: 'in_progress' },
    })
    const falling = achievementOf({
      ...challenge,
      requirements: [requirementOf({ statCode: 'kills', operator: 'at_most', target: 60n })],
    })
    expect(applyReport(falling, NOT_STARTED, report({ highest: 5, steps }), at)).toMatchObject({
      changed: false,
    })
    expect(applyReport(falling, NOT_STARTED, report({ lowest: 90 }), at)).toMatchObject({
      progress: { values: { count: 90n }, state: 'in_progress' },
    })
  })

  test('keeps its counts when the end of its window moves, and loses them with a new start', () => {
    const window = (start: bigint, end: bigint) => ({ ...counted, window: { start, end } })
    const { progress } = applyReport(counted, NOT_STARTED, reach(6n), { ...AT, time: 150n }) as Recorded
    for (const end of [140n, 300n]) expect(currentProgress(window(100n, end), progress)).toBe(progress)
    for (const start of [50n, 160n]) {
      expect(currentProgress(window(start, 200n), progress)).toEqual(NOT_STARTED)
      expect(applyReport(window(start, 200n), progress, add(4n), { ...AT, time: 170n })).toMatchObject({
        newlyUnlocked: false,
        progress: { values: { count: 4n } },
      })
    }
    expect(currentProgress({ ...counted, kind: 'persistent' }, progress)).toBe(progress)
    const { progress: achieved } = applyReport(counted, NOT_STARTED, reach(10n), {
      ...AT,
      time: 150n,
    }) as Recorded
    expect(currentProgress(window(160n, 200n), achieved)).toBe(achieved)
  })

  test.each([[100n], [200n]])('is unlocked at %d', (time) => {
    expect(applyReport(counted, NOT_STARTED, reach(10n), { ...AT, time })).toMatchObject({
      newlyUnlocked: true,
    })
  })
})

describe('a changed goal', () => {
  const target = (value: bigint) => achievementOf({ requirements: [requirementOf({ target: value })] })
  const hundred = target(100n)

  test.each([
    [1000n, 8],
    [90n, 88],
    [50n, 99],
    [80n, 99],
  ])('of %d makes 80 of 100 read as %d percent', (value, shown) => {
    const { progress } = apply(hundred, reach(80n))
    expect(currentProgress(target(value), progress)).toMatchObject({ percent: shown, state: 'in_progress' })
  })

  test('unlocks by its back-fill, or by a report that reaches it, and by no lower one', () => {
    const count = fc.bigInt({ min: 0n, max: 120n })
    const report = fc.oneof(
      count.map((value) => reach(value)),
      count.map(add),
      fc.nat(99).map(percent),
    )
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 99n }), count, report, (reached, goal, next) => {
        const { progress } = apply(hundred, reach(reached))
        const changed = target(goal)
        const after = apply(changed, next).progress
        const reaches =
          next.kind === 'add'
            ? (next.quantity as bigint) > 0n && reached + (next.quantity as bigint) >= goal
            : next.kind === 'reach' && (next.quantity as bigint) >= goal
        const { newlyUnlocked } = applyReport(changed, progress, next, AT) as Recorded
        expect(newlyUnlocked).toBe(reaches)
        if (next.kind === 'reach') expect(after.state === 'achieved').toBe(reaches)
        const filled = applyReport(changed, progress, { kind: 'definition', stats: {} }, AT)
        expect(filled).toMatchObject({ newlyUnlocked: reached >= goal })
      }),
    )
  })
})

test('a goal of several requirements is unlocked by no lower report on one of them', () => {
  const two = (target: bigint) =>
    achievementOf({ requirements: [requirementOf({ id: 'a', target }), requirementOf({ id: 'b' })] })
  const { progress } = apply(two(100n), reach(80n, 'a'), reach(15n, 'b'))
  const lower = applyReport(two(50n), progress, reach(12n, 'b'), AT)
  expect(lower).toMatchObject({ changed: false, newlyUnlocked: false, progress: { percent: 99 } })
  expect(applyReport(two(50n), progress, reach(20n, 'b'), AT)).toMatchObject({ newlyUnlocked: true })
})

test('an unlocked achievement that becomes one of the community stays a success', () => {
  const { progress } = apply(PLAIN, { kind: 'unlock' })
  const community = { ...PLAIN, participation: 'community' as const }
  expect(applyReport(community, progress, { kind: 'unlock' }, AT)).toMatchObject({ alreadyUnlocked: true })
})

test('a sum of doubles that is infinite counts as the largest value', () => {
  const double = achievementOf({ requirements: [requirementOf({ target: 1.79e308, valueType: 'double' })] })
  const { progress } = apply(double, reach(1.7e308))
  const integer = achievementOf({ requirements: [requirementOf({ target: 2n ** 62n })] })
  const report = { kind: 'add', requirementId: undefined, quantity: 1.7e308 } as const
  expect(applyReport(integer, progress, report, AT)).toMatchObject({ newlyUnlocked: true })
})

describe('a stat that met its requirement before the achievement followed it', () => {
  const following = achievementOf({
    requirements: [requirementOf({ id: 'kills', statCode: 'kills' }), requirementOf({ id: 'free' })],
  })
  const knowing = { ...AT, stats: { kills: 10 } }

  test('lets the achievement be unlocked, and the others be reported', () => {
    expect(applyReport(following, NOT_STARTED, { kind: 'unlock' }, AT)).toMatchObject({
      reason: 'REQUIREMENT_FOLLOWS_STAT',
    })
    expect(applyReport(following, NOT_STARTED, { kind: 'unlock' }, knowing)).toMatchObject({
      newlyUnlocked: true,
      missing: [],
      progress: { values: { kills: 10n, free: 10n } },
    })
    expect(applyReport(following, NOT_STARTED, reach(4n, 'free'), AT)).toMatchObject({
      missing: ['kills', 'free'],
    })
    expect(applyReport(following, NOT_STARTED, reach(4n, 'free'), knowing)).toMatchObject({
      missing: ['free'],
      progress: { percent: 70 },
    })
    expect(applyReport(following, NOT_STARTED, reach(10n, 'free'), knowing)).toMatchObject({
      newlyUnlocked: true,
    })
  })

  test('unlocks an achievement by the back-fill of its definition', () => {
    const only = achievementOf({ requirements: [requirementOf({ statCode: 'kills' })] })
    const filled = (kills: number) =>
      applyReport(only, NOT_STARTED, { kind: 'definition', stats: { kills } }, AT)
    expect(filled(10)).toMatchObject({ newlyUnlocked: true, progress: { unlockTime: AT.time } })
    expect(filled(4)).toMatchObject({ newlyUnlocked: false, progress: { percent: 40 } })
    expect(filled(0)).toMatchObject({ changed: false })
  })
})
