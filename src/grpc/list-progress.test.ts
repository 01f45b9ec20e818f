import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ListProgressResponse } from '../gen/laurel/v1/progress_service.ts'
import type { StoredAchievement } from '../model/achievement.ts'
import type { Progress } from '../model/progress.ts'
import { writeAchievement } from './convert/achievement.ts'
import { writeProgress } from './convert/progress.ts'
import { encodeListProgress } from './list-progress.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 200 })
const localized = fc.record({
  locale: fc.constantFrom('en', 'de'),
  text,
  translations: fc.constantFrom({}, { fr: 'x' }),
})
const instant = fc.bigInt({ min: 0n, max: 10n ** 18n })
const achievement: fc.Arbitrary<StoredAchievement> = fc.record({
  titleId: text,
  id: text,
  etag: text,
  listOrder: fc.nat(),
  name: localized,
  description: localized,
  lockedDescription: fc.option(localized, { nil: undefined }),
  hidden: fc.boolean(),
  serverOnly: fc.boolean(),
  lifecycle: fc.constantFrom('draft', 'live', 'retired'),
  kind: fc.constant('persistent' as const),
  window: fc.constant(undefined),
  participation: fc.constant('individual' as const),
  requirements: fc.constant([]),
  rewards: fc.constant([]),
  media: fc.constant([]),
  tags: fc.array(text),
  platforms: fc.array(text),
  ids: fc.constant({ toy: '1' }),
  productId: fc.option(text, { nil: undefined }),
  deepLink: fc.constant(undefined),
  estimatedTime: fc.constant(undefined),
  titleAssociations: fc.constant([]),
  extensions: fc.constantFrom({}, { toy: { a: 1 } }),
  createTime: instant,
  updateTime: instant,
})
const optional = fc.option(instant, { nil: undefined })
const progress: fc.Arbitrary<Progress> = fc.record({
  state: fc.constantFrom('not_started' as const, 'in_progress' as const, 'achieved' as const),
  values: fc.dictionary(text, fc.oneof(fc.bigInt(0n, 2n ** 60n), fc.double({ noNaN: true }))),
  reportedPercent: fc.nat(100),
  percent: fc.nat(100),
  unlockTime: optional,
  unlockPrecision: fc.constantFrom(undefined, 'exact' as const),
  firstReportTime: optional,
  lastReportTime: optional,
  windowStart: optional,
  revoked: fc.boolean(),
  writer: text,
  extensions: fc.constantFrom({}, { 'platform-a': {} }),
})
const items = fc.array(fc.record({ achievement, progress }), { maxLength: 5 })

test('a list is byte by byte what the generated code writes', () => {
  fc.assert(
    fc.property(items, text, fc.option(text, { nil: undefined }), (items, playerId, nextPageToken) => {
      const plain = {
        items: items.map(({ achievement, progress }) => ({
          achievement: writeAchievement(achievement),
          progress: writeProgress(
            { titleId: achievement.titleId, playerId, achievementId: achievement.id },
            progress,
          ),
        })),
        nextPageToken: nextPageToken ?? '',
      }
      const expected = Buffer.from(ListProgressResponse.encode(plain).finish())
      // Twice: the definitions are encoded, and then read from the cache.
      for (const page of [
        { items, nextPageToken },
        { items, nextPageToken },
      ]) {
        expect(encodeListProgress(playerId, page).equals(expected)).toBe(true)
      }
    }),
  )
})
