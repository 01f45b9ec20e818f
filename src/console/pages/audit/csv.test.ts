import { expect, test } from 'vitest'
import { CSV_HEADER, csvOf } from './csv.ts'

test('an entry is a line with a cell for each column', () => {
  const line = csvOf({ auditEntryId: '7', actor: 'ada', reason: 'said "no", twice', before: { a: 1 } })
  expect(line).toBe('7,,ada,,,,,,,"said ""no"", twice","{""a"":1}",\r\n')
  expect(CSV_HEADER.split(',')).toHaveLength(12)
})

test.each(['=1+1', '+1', '-1', '@x', '\tx', '＝1'])('a spreadsheet does not run %j', (reason) => {
  expect(csvOf({ reason })).toContain(`'${reason}`)
})

test.each([
  ['x;=1+1', "x;'=1+1"],
  ['x\t@sum', "x\t'@sum"],
  ['x\n-1', "x\n'-1"],
  ['x; "=1+1', `x; ""'=1+1`],
])('a spreadsheet that divides lines elsewhere does not run %j', (reason, cell) => {
  expect(csvOf({ reason })).toContain(cell)
})

test('signs within a text stay', () => {
  expect(csvOf({ reason: 'a-b = c@d' })).toContain(',a-b = c@d,')
})
