import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Achievement as AchievementMessage } from '../../gen/laurel/v1/achievement.ts'
import { Destination as DestinationMessage } from '../../gen/laurel/v1/destination.ts'
import { Player as PlayerMessage } from '../../gen/laurel/v1/player.ts'
import { Stat as StatMessage } from '../../gen/laurel/v1/stat.ts'
import { Title as TitleMessage } from '../../gen/laurel/v1/title.ts'
import type { StoredAchievement } from '../../model/achievement.ts'
import { EVENT_KINDS } from '../../model/event.ts'
import { EARLIEST_INSTANT, LATEST_INSTANT } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import { readAchievement, writeAchievement } from './achievement.ts'
import { readDestination, writeDestination } from './destination.ts'
import { readPlayer, writePlayer } from './player.ts'
import { readStat, writeStat } from './stat.ts'
import { readTitle, writeTitle } from './title.ts'
import { parse } from './violations.ts'

/** Objects with the usual prototype, as converters make them. */
const plain = <Fields>(fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> }) =>
  fc.record(fields, { noNullPrototype: true })
const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\u0000'))
const id = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_ .:-]{1,40}$/),
  fc.constantFrom('__proto__', 'constructor', 'é✓'),
)
const locale = fc.constantFrom('en', 'en-US', 'zh-Hant-TW', 'de_DE')
const instant = fc.bigInt({ min: EARLIEST_INSTANT, max: LATEST_INSTANT })
const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const double = fc.double({ noNaN: true, noDefaultInfinity: true })
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const record = <Value>(value: fc.Arbitrary<Value>) =>
  fc.array(fc.tuple(id, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries))
/** Only an integer that a double would round is a bigint in JSON. */
const long = fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n })
const extension = record(
  fc.oneof(text, fc.integer(), long, fc.boolean(), fc.constant(null)),
) as fc.Arbitrary<JsonObject>
const localized = plain({ locale, text, translations: record(text) })
const media = plain({
  role: fc.constantFrom('icon', 'locked_icon', 'unlocked_icon', 'art', 'other'),
  name: text,
  url: text,
})
const stored = { createTime: instant, updateTime: instant, etag: text }

const requirement = plain({
  id,
  statCode: optional(id),
  operator: fc.constantFrom('at_least', 'at_most'),
  target: fc.oneof(integer, double),
}).map((one) => ({ ...one, valueType: typeof one.target === 'bigint' ? 'integer' : 'double' }))

const achievements = plain({
  titleId: id,
  id,
  listOrder: fc.nat(),
  name: localized,
  description: localized,
  lockedDescription: optional(localized),
  hidden: fc.boolean(),
  serverOnly: fc.boolean(),
  lifecycle: fc.constantFrom('draft', 'live', 'retired'),
  kind: fc.constantFrom('persistent', 'challenge'),
  window: optional(
    fc.tuple(instant, instant).map(([one, other]) => (one < other ? [one, other] : [other, one])),
  ).map((pair) => pair && { start: pair[0], end: pair[1] }),
  participation: fc.constantFrom('individual', 'group', 'community'),
  requirements: fc.uniqueArray(requirement, { selector: (one) => one.id, maxLength: 4 }),
  rewards: fc.array(
    fc
      .oneof(
        fc.record({ kind: fc.constant('gamerscore'), value: fc.nat(999_999_999).map(String) }),
        fc.record({ kind: fc.constantFrom('in_app', 'art'), value: text }),
      )
      .chain(({ kind, value }) =>
        plain({
          kind: fc.constant(kind),
          value: fc.constant(value),
          name: optional(text),
          description: optional(text),
          media: optional(media),
        }),
      ),
    { maxLength: 3 },
  ),
  media: fc.array(media, { maxLength: 3 }),
  tags: fc.array(id, { maxLength: 3 }),
  platforms: fc.array(id, { maxLength: 3 }),
  productId: optional(text),
  deepLink: optional(text),
  estimatedTime: optional(fc.bigInt({ min: 0n, max: 10n ** 15n })),
  titleAssociations: fc.array(plain({ id, name: text, version: optional(text) }), { maxLength: 2 }),
  ids: record(id),
  extensions: record(extension),
  ...stored,
}) as fc.Arbitrary<StoredAchievement>

test('an achievement comes back from the wire as it was', () => {
  fc.assert(
    fc.property(achievements, (achievement) => {
      const message = AchievementMessage.decode(
        AchievementMessage.encode(writeAchievement(achievement)).finish(),
      )
      const { titleId, etag, ...definition } = achievement
      expect(message).toMatchObject({ titleId, etag })
      const expected = { ...definition, createTime: undefined, updateTime: undefined }
      deepStrictEqual(
        parse((violations) => readAchievement(message, violations)),
        expected,
      )
    }),
  )
})

test('a title comes back from the wire as it was', () => {
  const binding = record(id).filter((ids) => Object.keys(ids).length > 0)
  const titles = plain({
    id,
    displayName: text,
    defaultLocale: locale,
    bindings: record(binding),
    extensions: record(extension),
    maskHiddenInGateways: fc.boolean(),
    ...stored,
  })
  fc.assert(
    fc.property(titles, (title) => {
      const message = TitleMessage.decode(TitleMessage.encode(writeTitle(title)).finish())
      const { createTime, updateTime, etag, ...definition } = title
      expect(message.etag).toBe(etag)
      deepStrictEqual(
        parse((violations) => readTitle(message, violations)),
        definition,
      )
    }),
  )
})

test('a player comes back from the wire as they were', () => {
  const accounts = fc.array(plain({ dialect: id, id }), { maxLength: 3 })
  const players = plain({ id, displayName: text, accounts, ...stored })
  fc.assert(
    fc.property(players, (player) => {
      const message = PlayerMessage.decode(PlayerMessage.encode(writePlayer(player)).finish())
      const { createTime, updateTime, etag, ...rest } = player
      deepStrictEqual(
        parse((violations) => readPlayer(message, violations)),
        rest,
      )
    }),
  )
})

test('a stat comes back from the wire as it was', () => {
  const stats = plain({
    titleId: id,
    code: id,
    displayName: text,
    // A plain zero has no sign on the wire.
    defaultValue: double.map((value) => value || 0),
    minimum: optional(double),
    maximum: optional(double),
    incrementOnly: fc.boolean(),
    setBy: fc.constantFrom('client', 'server'),
    extensions: record(extension),
    ...stored,
  }) as fc.Arbitrary<Parameters<typeof writeStat>[0]>
  fc.assert(
    fc.property(stats, (stat) => {
      const message = StatMessage.decode(StatMessage.encode(writeStat(stat)).finish())
      const { createTime, updateTime, etag, ...definition } = stat
      deepStrictEqual(
        parse((violations) => readStat(message, violations)),
        definition,
      )
    }),
  )
})

test('a destination comes back from the wire as it was', () => {
  const ids = fc.uniqueArray(id, { maxLength: 3 })
  const destinations = plain({
    titleId: id,
    id,
    displayName: text,
    dialect: id,
    url: text.filter((url) => url !== ''),
    credential: text,
    filter: plain({
      kinds: fc.uniqueArray(fc.constantFrom(...EVENT_KINDS), { maxLength: 3 }),
      achievementIds: ids,
      playerIds: ids,
    }),
    limits: plain({
      requestsPerSecond: fc.double({ min: 0.001, max: 10_000, noNaN: true }),
      maxInFlight: fc.integer({ min: 1, max: 256 }),
      maxAttempts: fc.integer({ min: 1, max: 100 }),
      timeout: fc.bigInt({ min: 1_000_000n, max: 600_000_000n }),
    }),
    paused: fc.boolean(),
    ...stored,
  })
  fc.assert(
    fc.property(destinations, (destination) => {
      const message = DestinationMessage.decode(
        DestinationMessage.encode(writeDestination(destination)).finish(),
      )
      const { paused, createTime, updateTime, etag, ...rest } = destination
      expect(message).toMatchObject({ paused, etag })
      deepStrictEqual(
        parse((violations) => readDestination(message, violations)),
        rest,
      )
    }),
  )
})
