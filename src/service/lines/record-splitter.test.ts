import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunksOf } from '../../../test/support/migration-inputs.ts'
import { LineBoundaries, type RecordBoundaries, RowBoundaries } from './record-boundaries.ts'
import { readTextRecords, type TextRecord } from './record-splitter.ts'

const COMMA = 44
const MAX_BYTES = 12
const TOO_LONG = `the record is longer than ${MAX_BYTES / 1024 / 1024} MiB`
const NOT_UTF8 = 'the record is not UTF-8 text'
const lines = () => new LineBoundaries()
const rows = () => new RowBoundaries(COMMA, MAX_BYTES)

async function split(
  bytes: Uint8Array,
  boundaries: RecordBoundaries,
  sizes: readonly number[],
  position = 0,
): Promise<readonly TextRecord[]> {
  const records: TextRecord[] = []
  const content = chunksOf(bytes.subarray(position), sizes)
  for await (const batch of readTextRecords(content, position, boundaries, MAX_BYTES)) records.push(...batch)
  return records
}

/** Bytes in which records of either kind begin, end and are malformed often. */
const inputs = fc
  .array(
    fc.constantFrom(
      '"',
      '"',
      '""',
      ',',
      '\n',
      '\n',
      '\r\n',
      '\r',
      'a',
      'ä',
      '\uFFFD',
      'x'.repeat(11),
      0xff,
      0xc3,
    ),
    {
      maxLength: 40,
    },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(typeof part === 'string' ? part : [part]))))
const chunkSizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 })

describe.each([
  ['lines', lines],
  ['rows', rows],
])('%s', (_, boundaries) => {
  test('are the same however the bytes are divided', () =>
    fc.assert(
      fc.asyncProperty(inputs, chunkSizes, async (bytes, sizes) => {
        expect(await split(bytes, boundaries(), sizes)).toEqual(await split(bytes, boundaries(), []))
      }),
      { numRuns: 1000 },
    ))

  test('are the same from any of their ends on, and cover the input', () =>
    fc.assert(
      fc.asyncProperty(inputs, chunkSizes, async (bytes, sizes) => {
        const all = await split(bytes, boundaries(), [])
        expect(all.at(-1)?.end ?? 0).toBe(bytes.length)
        for (const [index, { end }] of all.entries()) {
          expect(await split(bytes, boundaries(), sizes, end)).toEqual(all.slice(index + 1))
        }
      }),
      { numRuns: 300 },
    ))

  test('that can be read are their bytes', () =>
    fc.assert(
      fc.asyncProperty(inputs, async (bytes) => {
        let start = 0
        for (const { text, end, refusal } of await split(bytes, boundaries(), [])) {
          if (refusal === undefined) {
            expect(['', '\n', '\r\n', '\r']).toContain(
              bytes.subarray(start, end).toString().slice(text.length),
            )
          }
          start = end
        }
      }),
    ))
})

const short = (refusal: string | undefined) => refusal?.replace(/:.*/, '')

describe('a line', () => {
  test.each<[string, readonly (readonly [string, string | undefined])[]]>([
    ['', []],
    ['a', [['a', undefined]]],
    [
      'a\nb\r\n\nc',
      [
        ['a', undefined],
        ['b', undefined],
        ['', undefined],
        ['c', undefined],
      ],
    ],
    [
      `${'x'.repeat(12)}\na`,
      [
        ['x'.repeat(12), undefined],
        ['a', undefined],
      ],
    ],
    [
      `${'x'.repeat(13)}\na`,
      [
        ['x'.repeat(12), TOO_LONG],
        ['a', undefined],
      ],
    ],
    ['x'.repeat(100), [['x'.repeat(12), TOO_LONG]]],
  ])('of %j is read or refused', async (text, expected) => {
    const found = await split(Buffer.from(text), lines(), [100])
    expect(found.map((record) => [record.text, short(record.refusal)])).toEqual(expected)
  })

  test('that is not UTF-8 is refused, and one with the replacement character is not', async () => {
    const found = await split(Buffer.from([0x61, 0xff, 10, 0xef, 0xbf, 0xbd, 10, 0xe2, 0x82]), lines(), [1])
    expect(found.map(({ refusal }) => short(refusal))).toEqual([NOT_UTF8, undefined, NOT_UTF8])
  })
})

describe('a row', () => {
  const unclosed = 'the row has a quote that is not closed'
  const stray = 'the row has a quote inside a field that does not begin with one'
  const after = 'the row has text after a closing quote'
  test.each<[string, readonly (readonly [string, string | undefined])[]]>([
    [
      'a,b\nc',
      [
        ['a,b', undefined],
        ['c', undefined],
      ],
    ],
    [
      '"a\n""b",c\r\nd',
      [
        ['"a\n""b",c', undefined],
        ['d', undefined],
      ],
    ],
    [
      'a,"\r\n"\r\n"",b',
      [
        ['a,"\r\n"', undefined],
        ['"",b', undefined],
      ],
    ],
    ['"a', [['"a', unclosed]]],
    [
      '"a\nb\nc',
      [
        ['"a', unclosed],
        ['b', undefined],
        ['c', undefined],
      ],
    ],
    [
      `"a\n${'x,'.repeat(9)}\nb`,
      [
        ['"a', unclosed],
        ['x,'.repeat(6), TOO_LONG],
        ['b', undefined],
      ],
    ],
    [
      'a"b\nc"\n"d"',
      [
        ['a"b', stray],
        ['c"', stray],
        ['"d"', undefined],
      ],
    ],
    [
      '"a"b\nc',
      [
        ['"a"b', after],
        ['c', undefined],
      ],
    ],
    [
      '"a\n"b\nc,d',
      [
        ['"a', after],
        ['"b', unclosed],
        ['c,d', undefined],
      ],
    ],
    [
      '"a"\rb\nc',
      [
        ['"a"\rb', after],
        ['c', undefined],
      ],
    ],
    ['"a"\r', [['"a"', undefined]]],
  ])('of %j is read or refused, and a stray quote takes no other row', async (text, expected) => {
    const found = await split(Buffer.from(text), rows(), [100])
    expect(found.map((record) => [record.text, short(record.refusal)])).toEqual(expected)
  })
})
