import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bestLocale } from './locale-match.ts'

test.each([
  ['zh-TW', ['zh-Hans', 'zh-Hant'], 'zh-Hant'],
  ['zh-HK', ['zh-CN', 'zh-TW'], 'zh-TW'],
  ['zh-MO', ['zh-TW', 'zh-HK'], 'zh-HK'],
  ['zh-TW', ['zh', 'zh-Hans'], undefined],
  ['zh', ['zh-Hant', 'zh-CN'], 'zh-CN'],
  ['en', ['en-US', 'en-GB'], 'en-US'],
  ['en', ['en-GB'], 'en-GB'],
  ['en-AU', ['en-US', 'en-GB'], 'en-GB'],
  ['en-PR', ['en-GB', 'en-US'], 'en-US'],
  ['es-MX', ['es-ES', 'es-419'], 'es-419'],
  ['es-AR', ['es', 'es-MX'], 'es-MX'],
  ['pt-AO', ['pt-BR', 'pt-PT'], 'pt-PT'],
  ['pt', ['pt-PT', 'pt-BR'], 'pt-BR'],
  ['de-AT', ['en', 'de'], 'de'],
  ['DE-at', ['de', 'de-AT'], 'de-AT'],
  ['fr-CA', ['fr-CH', 'fr'], 'fr'],
  ['fr-CA', ['en', 'fr-CH'], 'fr-CH'],
  ['de-AT', ['de-CH', 'de-DE'], 'de-DE'],
  ['de', ['de-AT', 'de-CH'], 'de-AT'],
  ['en-NZ', ['en-GB', 'en-001', 'en'], 'en-001'],
  ['en-US', ['en-GB', 'en-001'], 'en-001'],
  ['es-MX', ['es-ES', 'es-AR'], 'es-AR'],
  ['es', ['es-MX', 'es-419'], 'es-419'],
  ['pt-PT', ['pt-BR', 'pt-AO'], 'pt-AO'],
  ['zh-MO', ['zh-Hant', 'zh-HK'], 'zh-HK'],
  ['zh-MO', ['zh-Hant'], 'zh-Hant'],
  ['zh-SG', ['zh-Hant', 'zh'], 'zh'],
  ['no', ['sv', 'nb-NO'], 'nb-NO'],
  ['nb', ['no'], 'no'],
  ['nn', ['en', 'no'], 'no'],
  ['nn-NO', ['nb', 'nn'], 'nn'],
  ['nb', ['nn'], undefined],
  ['iw', ['he'], 'he'],
  ['he', ['iw'], 'iw'],
  ['in', ['id-ID'], 'id-ID'],
  ['sr-Latn', ['sr'], undefined],
  ['sr', ['sr-Latn', 'sr-Cyrl'], 'sr-Cyrl'],
  ['und', ['en'], undefined],
  ['x', ['en'], undefined],
  ['i-klingon', ['en', 'I-Klingon'], 'I-Klingon'],
])('%s of %j is served by %s', (requested, available, expected) => {
  expect(bestLocale(requested, available)).toBe(expected)
})

test('returns an available tag or none, for any text', () => {
  const tag = fc.oneof(fc.string(), fc.constantFrom('zh-TW', 'en', 'en-GB', 'no', 'x-private', 'de-1996', ''))
  fc.assert(
    fc.property(tag, fc.array(tag), (requested, available) => {
      const best = bestLocale(requested, available)
      if (best !== undefined) expect(available).toContain(best)
      if (available.includes(requested)) expect(best?.toLowerCase()).toBe(requested.toLowerCase())
    }),
  )
})
