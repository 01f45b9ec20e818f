import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COLUMNS } from './columns.ts'

const FOLDER = new URL('.', import.meta.url).pathname
const TABLES = Object.keys(COLUMNS).join('|')
/** Statements whose result has every column of a table. */
const WHOLE_ROWS = new RegExp(
  String.raw`selectAll\(|returningAll\(|returning\s+(\w+\.)?\*|\*\s+from\s+(${TABLES}|deliveries)\b`,
)

test.each([
  "db.selectFrom('titles').selectAll()",
  'delete from stats returning *',
  'returning s.*',
  'select p.* from progress p',
])('detects whole rows: %s', (statement) => expect(statement).toMatch(WHOLE_ROWS))

test('no statement reads the columns of a table without naming them', () => {
  const files = globSync('**/*.ts', { cwd: FOLDER }).filter((file) => !/^migrations|\.test\.ts$/.test(file))
  expect(files.length).toBeGreaterThan(30)
  const whole = files.filter((file) => WHOLE_ROWS.test(readFileSync(`${FOLDER}${file}`, 'utf8')))
  expect(whole).toEqual([])
})
