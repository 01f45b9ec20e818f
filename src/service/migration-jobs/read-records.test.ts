import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CONTEXT,
  chunksOf,
  DOCUMENTS,
  MAPPING,
  readAll,
  START,
  shown,
  shownOf,
} from '../../../test/support/migration-inputs.ts'
import type { MigrationFormat, MigrationMapping } from '../../model/migration-mapping.ts'
import { readRecords } from './read-records.ts'

const CSV: MigrationMapping = { ...MAPPING, format: 'csv' }
const MIB = 1024 * 1024

const line = (player: string, percent = 50) => JSON.stringify({ player, achievement: 'first', percent })

describe('JSON lines', () => {
  test('may have a byte order mark, CRLF, blank lines and no last line break', async () => {
    const text = `\uFEFF${line('ann')}\r\n\r\n  \n${line('bän')}`
    expect(await shownOf(MAPPING, text)).toEqual(['ann first 50', 'bän first 50'])
    const ends = (await readAll(MAPPING, text)).map(({ end }) => end)
    expect(ends.at(-1)).toBe(Buffer.byteLength(text))
  })

  test.each<[string | Uint8Array, string | RegExp]>([
    ['{"a": 1', 'the record is not JSON: column 8: expected a closing }'],
    ['7', 'the record must be a JSON object'],
    ['[{}]', 'the record must be a JSON object'],
    ['{"a":1,"a":2}', '$.a: the member stands twice in its object: keep one of them'],
    ['{"a":"\\u0000"}', '$.a: text must not hold the character U+0000'],
    [`{"a":${'['.repeat(100)}${']'.repeat(100)}}`, /nested deeper than 64 levels/],
    [Buffer.from([0x7b, 0xff, 0x7d]), 'the record is not UTF-8 text: convert the input to UTF-8'],
    ['x'.repeat(MIB + 1), /^the record is longer than 1 MiB/],
  ])('refuse %# and read on', async (bad, refusal) => {
    const input = Buffer.concat([
      Buffer.from(`${line('ann')}\n`),
      Buffer.from(bad),
      Buffer.from(`\n${line('ben')}\n`),
    ])
    const [first, second, third, ...others] = await readAll(MAPPING, input)
    expect(shown([...(first?.records ?? []), ...(third?.records ?? [])])).toEqual([
      'ann first 50',
      'ben first 50',
    ])
    expect(second?.records).toEqual([
      { refusal: typeof refusal === 'string' ? refusal : expect.stringMatching(refusal) },
    ])
    expect(second?.text).toBe(
      Buffer.from(bad)
        .toString()
        .slice(0, 64 * 1024),
    )
    expect(others).toEqual([])
  })
})

describe('rows', () => {
  test.each<[string, MigrationFormat, string]>([
    ['commas', 'csv', 'player,achievement,percent\nann,first,50\n'],
    ['semicolons', 'csv', 'player;achievement;percent\nann;first;50\n'],
    ['tabs', 'tsv', 'player\tachievement\tpercent\nann\tfirst\t50\n'],
    ['quotes', 'csv', '"player","achievement","percent"\r\n"ann","first","50"\r\n'],
    ['other columns', 'csv', 'x,percent,achievement,y,player,\n1,50,first,"a\nb",ann,\n'],
    ['spaces in the header', 'csv', 'player, achievement, percent\nann,first, 50\n'],
    ['a byte order mark and blank rows', 'csv', '\uFEFFplayer,achievement,percent\n\n\nann,first,50\n\n'],
  ])('may have %s', async (_, format, text) => {
    expect(await shownOf({ ...CSV, format }, text)).toEqual(['ann first 50'])
  })

  test('have the fields that were written, whatever they hold', () => {
    const fields = fc.string({
      unit: fc.constantFrom('"', ',', '\n', '\r', ';', 'a', 'ä', ' ', '\t'),
      minLength: 1,
      maxLength: 8,
    })
    const quoted = (field: string) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
    // A refusal shows the field as it was read.
    const reasonOf = (field: string) =>
      field.trim() === '' ? [] : [`percent: must be a number from 0 to 100, and is ${JSON.stringify(field)}`]
    return fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fields, fields), { minLength: 1 }),
        fc.array(fc.integer({ min: 1, max: 9 })),
        async (rows, sizes) => {
          const lines = rows.map((row) => ['ann', 'first', ...row].map(quoted).join(','))
          const text = ['player,achievement,other,percent', ...lines].join('\r\n')
          const found = await readAll(CSV, text, START, sizes)
          const reasons = found.flatMap(({ records }) =>
            records.flatMap((record) => ('refusal' in record ? [record.refusal] : [])),
          )
          expect(found).toHaveLength(rows.length)
          expect(reasons).toEqual(rows.flatMap(([, field]) => reasonOf(field)))
        },
      ),
    )
  })

  test('with another number of columns or malformed quotes are refused', async () => {
    const text = 'player,achievement,percent\nann,first\nann,a"b,3\nann,"a"b,3\nann,first,1,2\nben,first,50'
    const columns = (count: number) =>
      `the row has ${count} columns, and the header has 3: ${count < 3 ? 'add the missing columns' : 'put a field that holds a delimiter in quotes'}`
    const quotes = ': write a quote in a field twice, and the field in quotes'
    expect(await shownOf(CSV, text)).toEqual([
      columns(2),
      `the row has a quote inside a field that does not begin with one${quotes}`,
      `the row has text after a closing quote${quotes}`,
      columns(4),
      'ben first 50',
    ])
    const texts = (await readAll(CSV, text)).map((record) => record.text)
    expect(texts).toEqual(['ann,first', 'ann,a"b,3', 'ann,"a"b,3', 'ann,first,1,2', 'ben,first,50'])
  })
})

describe('an input', () => {
  const records = fc.record({
    player: fc.string({ unit: fc.constantFrom('a', 'ä', '"', ',', '\n', '💡'), maxLength: 5 }),
    percent: fc.oneof(fc.integer({ min: -1, max: 101 }), fc.constantFrom('', 'x')),
  })
  const csvText = (list: readonly { player: string; percent: unknown }[], lineBreak: string) =>
    [
      'player,achievement,percent',
      ...list.map(({ player, percent }) => `"${player.replaceAll('"', '""')}",a,${percent}`),
    ].join(lineBreak)
  const formats: Readonly<Record<string, (list: readonly { player: string; percent: unknown }[]) => string>> =
    {
      json_lines: (list) => list.map((record) => JSON.stringify({ ...record, achievement: 'a' })).join('\n'),
      csv: (list) => csvText(list, '\n'),
      tsv: (list) => csvText(list, '\r\n').replaceAll(',', '\t'),
      player_documents: (list) =>
        list.map((record) => JSON.stringify({ file: 'f', document: { list: [record, record] } })).join('\n'),
    }

  test.each(Object.entries(formats))(
    'of %s is the same in any chunks and from any position',
    (format, textOf) => {
      const mapping = { ...(format === 'player_documents' ? DOCUMENTS : MAPPING), format } as MigrationMapping
      return fc.assert(
        fc.asyncProperty(
          fc.array(records, { minLength: 1, maxLength: 6 }),
          fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }),
          async (list, sizes) => {
            const bytes = Buffer.from(textOf(list))
            const all = await readAll(mapping, bytes)
            expect(all.flatMap((record) => record.records).length).toBeGreaterThanOrEqual(list.length)
            expect(await readAll(mapping, bytes, START, sizes)).toEqual(all)
            for (const [index, { end, header }] of all.entries()) {
              const rest = await readAll(mapping, bytes.subarray(end), { position: end, header }, sizes)
              expect(rest).toEqual(all.slice(index + 1))
            }
          },
        ),
      )
    },
  )

  test.each<[MigrationFormat, string | Uint8Array, string]>([
    ['json_lines', ' [\n{}]', 'the input is a JSON list, not JSON lines'],
    [
      'csv',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a,b', 'utf16le')]),
      'the input is UTF-16 text',
    ],
    ['csv', Buffer.from([0x1f, 0x8b, 8, 0]), 'the input is a gzip file: decompress it'],
    ['json_lines', Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'the input is a Zstandard file: decompress it'],
    ['csv', 'PK\u0003\u0004', 'the input is a ZIP file, or a workbook'],
    ['csv', 'player,percent,percent,a,a\n', 'columns more than once: "percent", "a"; rename or remove them'],
    ['csv', 'player,percent\n', 'names the column "achievement", and the header has "player", "percent"'],
    [
      'csv',
      '\nplayer,achievement,percent\n',
      'the first line is empty: begin the input with the names of the columns',
    ],
    ['csv', '"player,percent\n', 'the header cannot be read: the row has a quote that is not closed'],
    ['csv', `${'x'.repeat(65 * 1024)}\n`, 'the header is longer than 64 KiB'],
  ])('in %s is refused as a whole: %#', async (format, input, message) => {
    const error = await readAll({ ...MAPPING, format }, input, START, [3]).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'LaurelError', code: 'invalid_argument' })
    expect((error as Error).message).toContain(message)
  })

  test('without bytes has no records', async () => {
    expect(await readAll(MAPPING, '')).toEqual([])
    expect(await readAll(CSV, '')).toEqual([])
  })

  test('is not read with a mapping that has violations', async () => {
    await expect(readAll({ ...MAPPING, player: undefined }, line('ann'))).rejects.toThrow(
      'mapping.player is needed',
    )
  })

  test('is closed when reading ends early', async () => {
    for (const [mapping, text] of [
      [MAPPING, `${line('ann')}\n`],
      [CSV, 'player,percent\n'],
    ] as const) {
      let isClosed = false
      const content = async function* () {
        try {
          for (;;) yield Buffer.from(text)
        } finally {
          isClosed = true
        }
      }
      try {
        for await (const _ of readRecords(mapping, CONTEXT, content(), START)) break
      } catch {
        // The header lacks a mapped column.
      }
      expect(isClosed).toBe(true)
    }
  })

  test('of any length needs the memory of a batch', async () => {
    const chunk = Buffer.from(`${line('ann')}\n`.repeat(1000))
    const endless = Buffer.alloc(MIB, 'x')
    async function* content() {
      for (let count = 0; count < 300; count += 1) yield chunk
      for (let count = 0; count < 256; count += 1) yield endless
      yield Buffer.from('\n')
    }
    const before = process.memoryUsage()
    let [most, count] = [0, 0]
    for await (const batch of readRecords(MAPPING, CONTEXT, content(), START)) {
      count += batch.records.length
      const { external, arrayBuffers } = process.memoryUsage()
      most = Math.max(most, external + arrayBuffers - before.external - before.arrayBuffers)
    }
    expect(count).toBe(300_001)
    expect(most).toBeLessThan(32 * MIB)
  })

  test('in one large chunk lets other calls run', async () => {
    const bytes = Buffer.from(`${line('ann')}\n`.repeat(50_000))
    let turns = 0
    const timer = setInterval(() => {
      turns += 1
    }, 1)
    for await (const _ of readRecords(MAPPING, CONTEXT, chunksOf(bytes, []), START));
    clearInterval(timer)
    expect(turns).toBeGreaterThan(3)
  })
})
