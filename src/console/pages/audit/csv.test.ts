import { expect, test } from 'vitest'
import { CSV_HEADER, csvOf } from './csv.ts'

test('an entry is a line with a cell for each column', () => {
  const line = csvOf({ auditEntryId: '7', actor: 'ada', reason: 'said "no", twice', before: { a: 1 } })
  expect(line).toBe('7,,ada,,,,,,,"said ""no"", twice","{""a"":1}",\r\n')
  expect(CSV_HEADER.split(',')).toHaveLength(12)
})

test.each(['=1+1', '+1', '-1', '@x', '\tx'])('a spreadsheet does not run %j', (reason) => {
  expect(csvOf({ reason })).toContain(`'${reason}`)
})
