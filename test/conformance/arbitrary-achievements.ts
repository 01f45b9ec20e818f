import fc from 'fast-check'
import { adapters } from '../../adapters/index.ts'
import type { Adapter } from '../../src/dialect/adapter.ts'
import type { Achievement, MediaAsset, Requirement, Reward, TimeWindow } from '../../src/model/achievement.ts'
import {
  durations,
  extensions,
  instants,
  localizedTexts,
  quantities,
  texts,
  tokens,
} from './arbitrary-values.ts'

const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined, freq: 2 })
const few = <Value>(values: fc.Arbitrary<Value>) => fc.array(values, { maxLength: 3 })

const statCodes = optional(tokens)
const operators = fc.constantFrom('at_least' as const, 'at_most' as const)

const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({
    id: tokens,
    statCode: statCodes,
    operator: operators,
    target: quantities.integer,
    valueType: fc.constant('integer' as const),
  }),
  fc.record({
    id: tokens,
    statCode: statCodes,
    operator: operators,
    target: quantities.double,
    valueType: fc.constant('double' as const),
  }),
)

export const requirements = fc.uniqueArray(requirement, { maxLength: 3, selector: ({ id }) => id })

const mediaAsset: fc.Arbitrary<MediaAsset> = fc.record({
  role: fc.constantFrom('icon', 'locked_icon', 'unlocked_icon', 'art', 'other'),
  name: fc.oneof(texts, fc.constant('0f1e2d3c4b5a69788796a5b4c3d2e1f0')),
  url: fc.oneof(texts, fc.webUrl()),
})

export const media = few(mediaAsset)

const rewardTexts = { name: optional(texts), description: optional(texts), media: optional(mediaAsset) }

const reward: fc.Arbitrary<Reward> = fc.oneof(
  fc.record({
    kind: fc.constant('gamerscore' as const),
    value: fc.oneof({ weight: 9, arbitrary: fc.nat(1000).map(String) }, fc.constantFrom('', '-5', 'many')),
    ...rewardTexts,
  }),
  fc.record({ kind: fc.constantFrom('in_app' as const, 'art' as const), value: texts, ...rewardTexts }),
)

export const rewards = few(reward)

const windows: fc.Arbitrary<TimeWindow> = fc.record({ start: instants, end: instants })

/** Kind and window go together in most records; the model allows either without the other. */
export const kindsAndWindows = fc.oneof(
  fc.record({ kind: fc.constant('persistent' as const), window: fc.constant(undefined) }),
  fc.record({ kind: fc.constant('challenge' as const), window: windows }),
  fc.record({
    kind: fc.constantFrom('persistent' as const, 'challenge' as const),
    window: optional(windows),
  }),
)

export const lists = { tags: fc.array(texts, { maxLength: 8 }), platforms: few(texts) }

export const titleAssociations = few(
  fc.record({ id: fc.oneof(tokens, fc.nat().map(String)), name: texts, version: optional(texts) }),
)

/** Any definition that the model allows, with a well-formed id in the dialect. */
export function achievements({ id: dialect, ids }: Adapter): fc.Arbitrary<Achievement> {
  const others = ['steam', ...adapters.map(({ id }) => id)].filter((other) => other !== dialect)
  const identities = fc.record({
    entropy: fc.bigInt(0n, 2n ** 64n - 1n),
    foreign: fc.dictionary(fc.constantFrom(...others), tokens, { maxKeys: 1, noNullPrototype: true }),
  })
  return fc
    .record({
      identity: identities,
      id: tokens,
      listOrder: fc.oneof(fc.constant(0), fc.nat(10_000)),
      lifecycle: fc.constantFrom('draft' as const, 'live' as const, 'retired' as const),
      name: localizedTexts,
      description: localizedTexts,
      lockedDescription: optional(localizedTexts),
      hidden: fc.boolean(),
      serverOnly: fc.boolean(),
      kindAndWindow: kindsAndWindows,
      participation: fc.constantFrom('individual' as const, 'group' as const, 'community' as const),
      requirements,
      rewards,
      media,
      ...lists,
      productId: optional(texts),
      deepLink: optional(texts),
      estimatedTime: optional(durations),
      titleAssociations,
      extensions: extensions(dialect),
      createTime: optional(instants),
      updateTime: optional(instants),
    })
    .map(({ identity, kindAndWindow, ...rest }) => {
      const own = ids.mint({ taken: new Set(), time: 17_000_000_000_000_000n, entropy: identity.entropy })
      return { ...rest, ...kindAndWindow, ids: { ...identity.foreign, [dialect]: own } }
    })
}
