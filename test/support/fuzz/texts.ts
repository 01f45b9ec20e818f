import type { Random } from './random.ts'

/** Texts that readers, statements and paths have failed on, here or elsewhere. */
const HARD_TEXTS = [
  ...['', ' ', '0', '-1', '1', '1.5', '1e999', '9'.repeat(400), '18446744073709551615', '08', '0x10', 'NaN'],
  ...[
    'null',
    'true',
    '{}',
    '[]',
    '{"a":',
    '"',
    '\\',
    "'; drop table titles; --",
    '$1',
    '%',
    '%00',
    '%zz',
    '%25',
  ],
  ...['*', 'USER', 'NAMESPACE', 'a:b', '..', '../..', '/', '?', '#', 'toString', '__proto__', 'constructor'],
  ...[
    '\u0000',
    'a\u0000b',
    '\u2028',
    '\ufeff',
    '\ud800',
    'é',
    'e\u0301',
    '👩‍👩‍👧',
    '\u202eabc',
    'x'.repeat(129),
    'ß'.repeat(5000),
  ],
  ...['en', 'de-DE', 'zh-Hant-TW', 'xx', 'en_US', 'i-klingon', 'und', 'en-'.repeat(20)],
  ...[
    '2024-01-01T00:00:00Z',
    '9999-12-31T23:59:59.9999999Z',
    '0001-01-01T00:00:00Z',
    '2024-02-30T00:00:00Z',
    '1',
  ],
  ...[
    'https://hooks.example/',
    'http://127.0.0.1:1/',
    'file:///etc/passwd',
    'http://[::1]',
    'javascript:alert(1)',
  ],
  ...['"1"', 'W/"1"', 'AAAA', 'bm90IGEgdG9rZW4', '*/*', 'image/png', 'application/json; charset=x'],
]

/** Returns a known id, a hard text, or random characters. */
export function randomText(random: Random, known: readonly string[]): string {
  if (random.chance(0.6)) return random.pick(known)
  if (random.chance(0.8)) return random.pick(HARD_TEXTS)
  const length = random.below(random.chance(0.02) ? 5000 : 30)
  return String.fromCodePoint(
    ...Array.from({ length }, () => random.below(random.chance(0.8) ? 0x80 : 0xd800)),
  )
}
