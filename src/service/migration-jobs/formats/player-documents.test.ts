import { describe, expect, test } from 'vitest'
import { DOCUMENTS, MAPPING, readAll, shownOf } from '../../../../test/support/migration-inputs.ts'
import type { MigrationMapping } from '../../../model/migration-mapping.ts'

const MIB = 1024 * 1024

describe('documents of players', () => {
  const document = (file: string, json: unknown) => `${JSON.stringify({ file, document: json })}\n`
  const record = { achievement: 'first', percent: 50 }
  const path = { field: '$key', dialect: undefined, ids: {} }

  test('have lists of records, of members, of ids, or one record', async () => {
    expect(await shownOf(DOCUMENTS, document('a/b/ann.json', { list: [record, record] }))).toEqual([
      'ann first 50',
      'ann first 50',
    ])
    const nested = { ...DOCUMENTS, records: 'a.b', achievement: path }
    expect(await shownOf(nested, document('ann', { a: { b: { first: record, __proto: record } } }))).toEqual([
      'ann first 50',
      'ann __proto 50',
    ])
    const ids = { ...DOCUMENTS, values: [], achievement: { ...path, field: '$value' } }
    expect(await shownOf(ids, document('ann', { list: ['first', 7] }))).toEqual([
      'ann first true',
      'ann 7 true',
    ])
    const values = { ...nested, values: [{ ...MAPPING.values[0], field: '$value' }] } as MigrationMapping
    expect(await shownOf(values, document('ann', { a: { b: { first: 50 } } }))).toEqual(['ann first 50'])
    const single = {
      ...DOCUMENTS,
      records: '',
      player: { ...DOCUMENTS.player, field: '$.me.id' },
    } as MigrationMapping
    expect(await shownOf(single, document('x', { ...record, me: { id: 'ann' } }))).toEqual(['ann first 50'])
    expect(await shownOf({ ...DOCUMENTS, records: '' }, document('ann', [record]))).toEqual(['ann first 50'])
  })

  test('without the list have no records, and malformed ones are refused', async () => {
    const text = `${document('ann', { list: 7 })}${document('ann', {})}${JSON.stringify({ list: [] })}\n${document('ann', { list: [{}] })}`
    expect(await shownOf(DOCUMENTS, text)).toEqual([
      'list: must be a list or an object, and is a single value',
      'the line must be an object with a document: {"file": NAME, "document": JSON}',
      'percent: must be in each record, and is missing',
    ])
    expect((await readAll(DOCUMENTS, text)).map(({ records }) => records.length)).toEqual([1, 0, 1, 1])
  })

  test('may have 16 MiB, and a longer one is refused', async () => {
    const large = (length: number) => document('ann', { list: [{ ...record, x: 'x'.repeat(length) }] })
    const text = large(15 * MIB) + large(17 * MIB) + large(1)
    expect(await shownOf(DOCUMENTS, text)).toEqual([
      'ann first 50',
      expect.stringMatching(/^the record is longer than 16 MiB/),
      'ann first 50',
    ])
  })
})
