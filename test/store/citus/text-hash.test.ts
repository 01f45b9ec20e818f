import fc from 'fast-check'
import { expect, test } from 'vitest'
import { textHash } from '../../../src/store/citus/text-hash.ts'
import { createTestDatabase } from '../../support/database.ts'
import { onDatabase } from '../../support/deliveries.ts'

test('hashes a text as Postgres does, so that its shard is known', async () => {
  await using database = await createTestDatabase()
  const texts = fc
    .sample(fc.string({ unit: 'grapheme', maxLength: 60 }), { numRuns: 500, seed: 1 })
    .map((text) => text.replaceAll('\0', ''))
  // Every length of the rest of a block.
  for (let length = 0; length <= 40; length += 1) texts.push('player-é'.repeat(5).slice(0, length))
  const rows = await onDatabase<{ text: string; hash: number }>(
    database.url,
    'select text, hashtext(text) as hash from unnest($1::text[]) as text',
    [texts],
  )
  expect(rows.map(({ text }) => textHash(text))).toEqual(rows.map(({ hash }) => hash))
})
