import fc from 'fast-check'
import type { Adapter, Canonical, Feature, ProgressFacts } from '../../src/dialect/adapter.ts'
import type { Achievement, Requirement } from '../../src/model/achievement.ts'
import { achievementOf } from '../support/records.ts'
import * as achievements from './arbitrary-achievements.ts'
import {
  durations,
  instants,
  locales,
  localizedTexts,
  quantities,
  texts,
  tokens,
} from './arbitrary-values.ts'

/** How a feature is looked at: steps that change nothing else in a plain record, and where to see them. */
export interface Probe {
  readonly purpose: 'definition' | 'progress'
  readonly steps: fc.Arbitrary<Step>
  read(record: Canonical): unknown
}

/** From a record without the feature to one with it; both start from the plain one. */
export interface Step {
  readonly before: Change
  readonly after: Change
}

export interface Change {
  readonly achievement?: Partial<Achievement>
  readonly progress?: Partial<ProgressFacts>
}

/** A requirement that every dialect with requirements can say. */
export const STEPS: Requirement = {
  id: 'steps',
  statCode: undefined,
  operator: 'at_least',
  target: 1000n,
  valueType: 'integer',
}

export const PROBES: Readonly<Record<Feature, Probe>> = {
  code: definition({ id: tokens }, ({ id }) => id),
  list_order: definition({ listOrder: fc.nat(10_000) }, ({ listOrder }) => listOrder),
  lifecycle: definition({ lifecycle: fc.constantFrom('draft', 'retired') }, ({ lifecycle }) => lifecycle),
  translations: definition(
    {
      name: fc
        .dictionary(locales, texts, { maxKeys: 3, noNullPrototype: true })
        .map((translations) => ({ locale: 'en', text: 'Name', translations })),
    },
    ({ name }) => name.translations,
  ),
  locked_description: definition(
    { lockedDescription: localizedTexts },
    ({ lockedDescription }) => lockedDescription,
  ),
  hidden: definition({ hidden: fc.constant(true) }, ({ hidden }) => hidden),
  server_only: definition({ serverOnly: fc.constant(true) }, ({ serverOnly }) => serverOnly),
  time_window: {
    purpose: 'definition',
    steps: achievements.kindsAndWindows.map((achievement) => ({ before: {}, after: { achievement } })),
    read: ({ achievement }) => [achievement?.kind, achievement?.window],
  },
  participation: definition(
    { participation: fc.constantFrom('group', 'community') },
    ({ participation }) => participation,
  ),
  requirements: definition(
    {
      requirements: achievements.requirements.map((all) =>
        all.map((requirement) => ({ ...requirement, statCode: undefined })),
      ),
    },
    ({ requirements }) => requirements.map((requirement) => ({ ...requirement, statCode: undefined })),
  ),
  stat_codes: {
    purpose: 'definition',
    steps: fc.array(tokens, { minLength: 1, maxLength: 2 }).map((statCodes) => ({
      before: requiring(statCodes.map(() => undefined)),
      after: requiring(statCodes),
    })),
    read: ({ achievement }) => achievement?.requirements.map(({ statCode }) => statCode),
  },
  rewards: definition({ rewards: achievements.rewards }, ({ rewards }) => rewards),
  media: definition({ media: achievements.media }, ({ media }) => media),
  tags: definition({ tags: achievements.lists.tags }, ({ tags }) => tags),
  platforms: definition({ platforms: achievements.lists.platforms }, ({ platforms }) => platforms),
  product_id: definition({ productId: texts }, ({ productId }) => productId),
  deep_link: definition({ deepLink: texts }, ({ deepLink }) => deepLink),
  estimated_time: definition({ estimatedTime: durations }, ({ estimatedTime }) => estimatedTime),
  title_associations: definition(
    { titleAssociations: achievements.titleAssociations },
    ({ titleAssociations }) => titleAssociations,
  ),
  definition_times: definition(
    { createTime: instants, updateTime: instants },
    ({ createTime, updateTime }) => [createTime, updateTime],
  ),
  progress_values: {
    purpose: 'progress',
    steps: quantities.integer.map((steps) => ({
      before: { progress: { state: 'in_progress', percent: 1 } },
      after: { progress: { state: 'in_progress', percent: 1, values: { steps } } },
    })),
    read: ({ progress }) => progress?.values,
  },
  progress_percent: {
    purpose: 'progress',
    steps: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.constant(100)).map((percent) => ({
      before: {},
      after: { progress: { state: percent === 100 ? 'achieved' : 'in_progress', percent } },
    })),
    read: ({ progress }) => progress?.percent,
  },
  unlock_time: achieved(
    instants.map((unlockTime) => ({ unlockTime })),
    ({ unlockTime }) => unlockTime,
  ),
  revoked: achieved(fc.constant({ revoked: true }), ({ revoked }) => revoked),
}

/** A record that says nothing but what every dialect can say. */
export function plainRecord({ id, ids, hasCodes }: Adapter): Canonical {
  const own = ids.mint({ taken: new Set(), time: 17_000_000_000_000_000n, entropy: 1n })
  const code = hasCodes ? 'plain' : own
  return {
    title: { binding: ids.deriveBinding('title-1', 1n), displayName: undefined, extensions: {} },
    achievement: achievementOf({
      id: code,
      name: { locale: 'en', text: 'Name', translations: {} },
      description: { locale: 'en', text: 'Description', translations: {} },
      ids: { [id]: own },
    }),
    progress: undefined,
    summary: undefined,
  }
}

function definition<Fields extends Partial<Achievement>>(
  fields: { readonly [Field in keyof Fields]: fc.Arbitrary<Fields[Field]> },
  read: (achievement: Achievement) => unknown,
): Probe {
  return {
    purpose: 'definition',
    steps: fc.record(fields).map((achievement) => ({
      before: {},
      after: { achievement: achievement as Partial<Achievement> },
    })),
    read: ({ achievement }) => achievement && read(achievement),
  }
}

function achieved(
  fields: fc.Arbitrary<Partial<ProgressFacts>>,
  read: (progress: ProgressFacts) => unknown,
): Probe {
  return {
    purpose: 'progress',
    steps: fields.map((facts) => ({
      before: { progress: { state: 'achieved', percent: 100 } },
      after: { progress: { state: 'achieved', percent: 100, ...facts } },
    })),
    read: ({ progress }) => progress && read(progress),
  }
}

/** One requirement for each stat code. */
function requiring(statCodes: readonly (string | undefined)[]): Change {
  const requirements = statCodes.map((statCode, index) => ({ ...STEPS, id: `steps-${index}`, statCode }))
  return { achievement: { requirements } }
}
