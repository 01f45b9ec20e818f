import { expect, test } from 'vitest'
import { fixturesOf } from '../../../../test/support/dialect-fixtures.ts'
import { adapterOf } from '../../../../test/support/documents.ts'
import { DOCUMENTS, readAll, recordsOf } from '../../../../test/support/migration-inputs.ts'
import type { MigrationMapping } from '../../../model/migration-mapping.ts'

const { id: dialect } = adapterOf(({ id }) => fixturesOf(id).lists !== undefined)
const entry = fixturesOf(dialect).lists?.unlocked('first')
const MAPPING: MigrationMapping = {
  ...DOCUMENTS,
  format: 'dialect_lines',
  dialect,
  records: '',
  player: undefined,
  achievement: undefined,
  values: [],
}

const lines = (...objects: readonly object[]) => objects.map((line) => `${JSON.stringify(line)}\n`).join('')

test('a line has an entry of its account', async () => {
  const [record] = await recordsOf(MAPPING, lines({ account: 'ada', entry }))
  expect(record).toMatchObject({ player: { kind: 'account', dialect, id: 'ada' }, unlocked: true })
  const identities = { field: '', dialect: undefined, usesIdentities: true }
  const [identity] = await recordsOf({ ...MAPPING, player: identities }, lines({ account: 'ada', entry }))
  expect(identity).toMatchObject({ player: { kind: 'identity', id: 'ada' } })
})

test('an entry is read without the reasons that a file of refusals adds', async () => {
  const reasons = { laurel_reason: 'first', laurel_reason_2: 'second' }
  const [record] = await recordsOf(MAPPING, lines({ account: 'ada', entry: { ...reasons, ...entry } }))
  expect([record]).toEqual(await recordsOf(MAPPING, lines({ account: 'ada', entry })))
})

test('a line with an error is refused, and one without an entry has no record', async () => {
  expect(
    await recordsOf(MAPPING, lines({ account: 'ada' }, { account: 'bob', error: 'it is private' })),
  ).toEqual([{ refusal: 'it is private' }])
  expect(await recordsOf(MAPPING, lines({ entry }, { account: 'ada', entry: [] }))).toEqual([
    { refusal: expect.stringContaining('account') },
    { refusal: expect.stringContaining('entry: must be an object') },
  ])
})

test('a record has the cursor of its line', async () => {
  const records = await readAll(
    MAPPING,
    lines({ account: 'ada', cursor: '1', entry }, { account: 'bob', entry }),
  )
  expect(records.map(({ cursor }) => cursor)).toEqual(['1', undefined])
})
