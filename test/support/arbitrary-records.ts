import fc from 'fast-check'
import { adapters } from '../../adapters/index.ts'
import type { StoredAchievement } from '../../src/model/achievement.ts'
import { formatInstant } from '../../src/model/instant.ts'
import { type LineMember, type MemberType, ROW_KINDS, type RowKind } from '../../src/model/record-line.ts'
import type { Stat } from '../../src/model/stat.ts'
import type { Title } from '../../src/model/title.ts'
import { achievements } from '../conformance/arbitrary-achievements.ts'
import {
  extensions,
  instants,
  jsonObjects,
  quantities,
  texts,
  tokens,
} from '../conformance/arbitrary-values.ts'

type Row = Readonly<Record<string, unknown>>

/** Any records of a Laurel, as definitions and as lines of rows, whose references are right. */
export interface AnyRecords {
  readonly titles: readonly {
    readonly title: Title
    readonly stats: readonly Stat[]
    readonly achievements: readonly StoredAchievement[]
  }[]
  readonly rows: readonly { readonly kind: RowKind }[]
}

const times = instants.map((instant) => formatInstant(instant, 7))
const integerTexts = quantities.integer.map(String)
const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((each) => Buffer.from(each))

const VALUES: Readonly<Record<Extract<MemberType, string>, fc.Arbitrary<unknown>>> = {
  id: tokens,
  idOrEmpty: fc.oneof(tokens, fc.constant('')),
  text: texts,
  instant: times,
  integer: fc.nat(2 ** 31 - 1),
  percent: fc.nat(100),
  bigint: integerTexts,
  decimal: fc.oneof(integerTexts, fc.constantFrom('0.10', '-7.5', '123456789012345678901234567890.5')),
  double: quantities.double,
  boolean: fc.boolean(),
  quantities: fc.dictionary(tokens, fc.oneof(integerTexts, quantities.double), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  json: fc.dictionary(tokens, jsonObjects, { maxKeys: 2, noNullPrototype: true }),
  texts: fc.array(texts, { maxLength: 3 }),
  sha256: bytes.map((each) => each.toString('hex')),
  base64: bytes.map((each) => each.toString('base64')),
}

/** Returns any row of a kind with the given members. */
function rowOf(kind: RowKind, given: Row): fc.Arbitrary<{ readonly kind: RowKind }> {
  const members = ROW_KINDS[kind] as readonly (LineMember & { readonly name: string })[]
  const values = members.map(({ name, type, isOptional }) => {
    if (Object.hasOwn(given, name)) return fc.constant(given[name])
    const value = typeof type === 'string' ? VALUES[type] : fc.constantFrom(...type)
    return isOptional ? fc.option(value, { nil: undefined }) : value
  })
  return fc.tuple(...values).map((list) => {
    const row: Record<string, unknown> = { kind }
    for (const [index, { name }] of members.entries()) {
      if (list[index] === undefined) continue
      const [inner = '', outer] = name.split('.').reverse()
      if (outer === undefined) row[inner] = list[index]
      else row[outer] = { ...(row[outer] as object), [inner]: list[index] }
    }
    return row as { kind: RowKind }
  })
}

const few = <Value>(values: fc.Arbitrary<Value>, selector: (value: Value) => unknown, maxLength = 3) =>
  fc.uniqueArray(values, { maxLength, selector: (value) => String(selector(value)) })

const stored = { createTime: instants, updateTime: instants, etag: fc.constant('') }
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined })

function definitions(titleId: string): fc.Arbitrary<AnyRecords['titles'][number]> {
  const title = fc.record({
    id: fc.constant(titleId),
    displayName: texts,
    defaultLocale: fc.constant('en'),
    bindings: fc.constant({}),
    extensions: extensions(''),
    maskHiddenInGateways: fc.boolean(),
    ...stored,
  })
  const [first, ...others] = adapters.map((adapter) => achievements(adapter))
  const provenance = fc.record({
    statedTimes: optional(fc.record({ createTime: instants, updateTime: instants }, { requiredKeys: [] })),
    mintedIds: optional(fc.dictionary(tokens, tokens, { minKeys: 1, maxKeys: 2, noNullPrototype: true })),
  })
  const achievement = fc
    .tuple(fc.oneof(first as fc.Arbitrary<StoredAchievement>, ...others), fc.record(stored), provenance)
    .map(([definition, times, { statedTimes, mintedIds }]) => ({
      ...definition,
      ...times,
      titleId,
      ...(statedTimes === undefined ? {} : { statedTimes }),
      ...(mintedIds === undefined ? {} : { mintedIds }),
      // Unique in the title.
      ids: Object.fromEntries(
        Object.entries(definition.ids).map(([dialect, id]) => [dialect, `${id}${definition.id}`]),
      ),
    }))
  const bound = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined })
  return fc
    .tuple(
      title,
      few(achievement as fc.Arbitrary<StoredAchievement>, ({ id }) => id),
    )
    .chain(([own, list]) => {
      const followed = list.flatMap(({ requirements }) =>
        requirements.flatMap(({ statCode }) => statCode ?? []),
      )
      const codes = [...new Set([...followed, 'score'])]
      const stats = codes.map((code) =>
        fc.record({
          titleId: fc.constant(titleId),
          code: fc.constant(code),
          displayName: texts,
          defaultValue: quantities.double,
          minimum: bound,
          maximum: bound,
          incrementOnly: fc.boolean(),
          setBy: fc.constantFrom('client' as const, 'server' as const),
          extensions: extensions(''),
          ...stored,
        }),
      )
      return fc.tuple(...stats).map((all) => ({ title: own, stats: all, achievements: list }))
    })
}

/** Any records, with ids that no other call returns. */
export function anyRecords(): fc.Arbitrary<AnyRecords> {
  return fc
    .record({
      titleIds: few(tokens, (id) => id, 2),
      playerIds: few(tokens, (id) => id, 4),
      gone: few(tokens, (id) => id, 2),
    })
    .chain(({ titleIds, playerIds, gone }) =>
      fc.tuple(...titleIds.map(definitions)).chain((titles) =>
        rowsOf(
          titles,
          playerIds,
          gone.filter((id) => !playerIds.includes(id)),
        ).map((rows) => ({ titles, rows })),
      ),
    )
}

function rowsOf(
  titles: AnyRecords['titles'],
  playerIds: readonly string[],
  gone: readonly string[],
): fc.Arbitrary<AnyRecords['rows']> {
  const keys = titles.flatMap(({ title, achievements: list }) =>
    list.map(({ id }) => ({ titleId: title.id, achievementId: id })),
  )
  const pairs = titles.flatMap(({ title }) => playerIds.map((playerId) => ({ playerId, titleId: title.id })))
  const progress = keys.flatMap((key) => playerIds.map((playerId) => ({ ...key, playerId })))
  const some = (kind: RowKind, given: readonly Row[]) =>
    fc.subarray([...given]).chain((rows) => fc.tuple(...rows.map((row) => rowOf(kind, row))))
  const all = (kind: RowKind, given: readonly Row[]) => fc.tuple(...given.map((row) => rowOf(kind, row)))
  const parts = [
    all(
      'player',
      playerIds.map((playerId) => ({ playerId })),
    ),
    some(
      'account',
      playerIds.map((playerId) => ({ playerId, accountId: `account of ${playerId}` })),
    ),
    playerIds.length === 0
      ? fc.constant([])
      : some(
          'merged_player',
          gone.map((absorbedId) => ({ absorbedId, playerId: playerIds[0] })),
        ),
    some('deleted_player', [{}, {}]),
    all('player_title', pairs),
    some('progress', progress),
    some(
      'stat_value',
      pairs.map((pair) => ({ ...pair, statCode: 'score' })),
    ),
    some('community_progress', keys),
    some('contribution', progress),
    some('event', [...progress, ...keys, ...pairs]),
    some('backfill', keys),
  ]
  return fc.tuple(...parts).map((lists) => lists.flat() as { kind: RowKind }[])
}
