import fc from 'fast-check'
import type { Adapter, Canonical, ProgressFacts, Shape, SummaryFacts } from '../../src/dialect/adapter.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import { achievements } from './arbitrary-achievements.ts'
import { extensions, instants, quantities, texts, tokens } from './arbitrary-values.ts'

/** A record of a golden sample, with the extensions that its dialect stores. */
export type WithExtensions = Pick<Canonical, 'title' | 'achievement' | 'progress' | 'summary'>

/** Any record that the model allows, with the parts that a shape carries and well-formed ids in the dialect. */
export function records(
  adapter: Adapter,
  carries: Shape['carries'],
  withExtensions: readonly WithExtensions[],
): fc.Arbitrary<Canonical> {
  const carried = <Part>(part: Shape['carries'][number], values: fc.Arbitrary<Part>) =>
    carries.includes(part) ? values : fc.constant(undefined)
  return fc
    .record({
      title: titles(adapter),
      achievement: carried('definition', achievements(adapter)),
      summary: carried('summary', summaries(adapter)),
      from: fc.constantFrom<(WithExtensions | undefined)[]>(undefined, ...withExtensions),
    })
    .chain(({ title, achievement, summary, from }) =>
      carried('progress', fc.option(progressFacts(adapter, achievement), { nil: undefined, freq: 4 })).map(
        (progress) => ({
          title: withOwnExtension(adapter, title, from?.title),
          achievement: achievement && withOwnExtension(adapter, achievement, from?.achievement),
          progress: progress && withOwnExtension(adapter, progress, from?.progress),
          summary: summary && withOwnExtension(adapter, summary, from?.summary),
        }),
      ),
    )
    .filter(({ achievement, progress, summary }) => (achievement ?? progress ?? summary) !== undefined)
}

/** Any record that the model allows, with any of its parts, whatever a shape carries. */
export function anyRecords(
  adapter: Adapter,
  withExtensions: readonly WithExtensions[],
): fc.Arbitrary<Canonical> {
  const parts = ['definition', 'progress', 'summary'] as const
  return fc
    .subarray([...parts], { minLength: 1 })
    .chain((carries) => records(adapter, carries, withExtensions))
}

function titles({ id, ids }: Adapter): fc.Arbitrary<Canonical['title']> {
  return fc.record({
    binding: fc.bigInt(0n, 2n ** 64n - 1n).map((entropy) => ids.deriveBinding('title-1', entropy)),
    displayName: fc.option(texts, { nil: undefined }),
    extensions: extensions(id),
  })
}

/** Progress that the model allows: 100 percent is achieved, and only achieved progress has an unlock time. */
function progressFacts(adapter: Adapter, achievement: Achievement | undefined): fc.Arbitrary<ProgressFacts> {
  const { ids, id } = adapter
  const achievementId = fc
    .bigInt(0n, 2n ** 64n - 1n)
    .map((entropy) => ids.mint({ taken: new Set(), time: 17_000_000_000_000_000n, entropy }))
  const known = adapter.hasCodes ? achievement?.id : achievement?.ids[id]
  const facts = {
    account: fc.option(accounts(adapter), { nil: undefined }),
    achievementId: known === undefined ? (adapter.hasCodes ? tokens : achievementId) : fc.constant(known),
    values: values(achievement),
    extensions: extensions(id),
  }
  return fc.oneof(
    fc.record({
      ...facts,
      state: fc.constant('not_started' as const),
      percent: fc.constantFrom(0, 0, 7),
      values: fc.oneof(fc.constant({}), facts.values),
      unlockTime: fc.constant(undefined),
      revoked: fc.boolean(),
    }),
    fc.record({
      ...facts,
      state: fc.constant('in_progress' as const),
      percent: fc.integer({ min: 0, max: 99 }),
      unlockTime: fc.constant(undefined),
      revoked: fc.boolean(),
    }),
    fc.record({
      ...facts,
      state: fc.constant('achieved' as const),
      percent: fc.constant(100),
      unlockTime: fc.option(instants, { nil: undefined }),
      revoked: fc.boolean(),
    }),
  )
}

/** Values of requirements that the achievement has; of any where the record does not bring the achievement. */
function values(achievement: Achievement | undefined): fc.Arbitrary<ProgressFacts['values']> {
  if (achievement === undefined) {
    return fc.dictionary(tokens, fc.oneof(quantities.integer, quantities.double), {
      maxKeys: 3,
      noNullPrototype: true,
    })
  }
  return fc
    .tuple(
      ...achievement.requirements.map(({ id, valueType }) =>
        fc.option(
          quantities[valueType].map((value) => [id, value] as const),
          { nil: undefined },
        ),
      ),
    )
    .map((entries) => Object.fromEntries(entries.filter((entry) => entry !== undefined)))
}

function summaries(adapter: Adapter): fc.Arbitrary<SummaryFacts> {
  return fc.record({
    account: fc.option(accounts(adapter), { nil: undefined }),
    unlockedCount: fc.nat(),
    score: fc.bigInt(0n, 2n ** 40n),
    maxScore: fc.bigInt(0n, 2n ** 40n),
    lastUnlockTime: fc.option(instants, { nil: undefined }),
    extensions: extensions(adapter.id),
  })
}

/** Player ids of the dialect, found among the forms that platforms use. */
function accounts({ ids }: Adapter): fc.Arbitrary<string> {
  const forms = fc.oneof(
    fc.bigInt(10n ** 16n, 10n ** 18n).map(String),
    fc.bigInt(1n, 2n ** 53n).map(String),
    fc.bigInt(0n, 2n ** 128n - 1n).map((bits) => bits.toString(16).padStart(32, '0')),
    fc.uuid(),
    texts,
  )
  return forms.filter((text) => ids.account.accepts(text))
}

type Part = { readonly extensions: Canonical['title']['extensions'] }

function withOwnExtension<Value extends Part>({ id }: Adapter, part: Value, from: Part | undefined): Value {
  const memory = from?.extensions[id]
  return memory === undefined ? part : { ...part, extensions: { ...part.extensions, [id]: memory } }
}
