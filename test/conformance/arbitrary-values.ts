import fc from 'fast-check'
import { adapters } from '../../adapters/index.ts'
import { EARLIEST_INSTANT, LATEST_INSTANT } from '../../src/model/instant.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import type { LocalizedText } from '../../src/model/localized-text.ts'
import type { Extensions } from '../../src/model/title.ts'

const AWKWARD = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  '0',
  'null',
  '"\\',
  'line\nbreak',
  '\u202e',
  '🏆',
]

/** Any text that a record can hold. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }).filter(isHoldable) },
  { weight: 1, arbitrary: fc.constantFrom(...AWKWARD) },
)

/** Codes and ids: any text but the empty one. */
export const tokens = texts.filter((text) => text !== '')

/** BCP-47 tags, also such as a dialect has never heard of, and the same tag in two spellings. */
export const locales = fc.constantFrom(
  'en',
  'en-US',
  'EN-us',
  'en-GB',
  'de',
  'de-DE',
  'fr',
  'pt-BR',
  'nb',
  'no',
  'sv-SE',
  'es-419',
  'zh-CN',
  'zh-Hant-TW',
  'ar',
  'tlh',
  'x-pirate',
)

export const localizedTexts: fc.Arbitrary<LocalizedText> = fc.record({
  locale: locales,
  text: texts,
  translations: fc.dictionary(locales, texts, { maxKeys: 3, noNullPrototype: true }),
})

/** From year 1 to 9999, by 100 ns; also whole seconds and milliseconds, as most sources have them. */
export const instants = fc.oneof(
  fc.bigInt(EARLIEST_INSTANT, LATEST_INSTANT),
  fc.bigInt(0n, 2_000_000_000n).map((seconds) => seconds * 10_000_000n),
  fc.bigInt(0n, 2_000_000_000_000n).map((milliseconds) => milliseconds * 10_000n),
  fc.constantFrom(EARLIEST_INSTANT, LATEST_INSTANT, 0n, -1n),
)

export const durations = fc.oneof(
  fc.bigInt(0n, 10n ** 15n),
  fc.bigInt(0n, 200_000n).map((seconds) => seconds * 10_000_000n),
)

export const quantities = {
  integer: fc.oneof(fc.bigInt(0n, 1000n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
  double: fc.oneof(
    fc.integer({ min: 0, max: 1000 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  ),
} as const

/** Any JSON that the parser lets in. */
export const jsonValues: fc.Arbitrary<JsonValue> = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => value as JsonValue)
  .filter((value) => isHoldable(JSON.stringify(value)))

export const jsonObjects: fc.Arbitrary<JsonObject> = fc.dictionary(texts, jsonValues, {
  noNullPrototype: true,
})

/** Extensions of other dialects in a record, none of them empty. */
export function extensions(own: string): fc.Arbitrary<Extensions> {
  const others = ['steam', ...adapters.map(({ id }) => id)].filter((other) => other !== own)
  const extension = fc.dictionary(tokens, jsonValues, { minKeys: 1, maxKeys: 2, noNullPrototype: true })
  return fc.oneof(
    fc.constant({}),
    fc.dictionary(fc.constantFrom(...others), extension, { maxKeys: 2, noNullPrototype: true }),
  )
}

function isHoldable(text: string): boolean {
  return (
    text.isWellFormed() && !text.includes('\u0000') && !text.includes('\\u0000') && !/\\ud[89a-f]/i.test(text)
  )
}
