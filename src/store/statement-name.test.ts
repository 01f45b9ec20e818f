import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { statementName } from './statement-name.ts'

const MODULE = fileURLToPath(new URL('statement-name.ts', import.meta.url))

/** Returns the names that another process gives to the statements, in their order. */
function namesElsewhere(texts: readonly string[]): string[] {
  const program = `import { statementName } from ${JSON.stringify(MODULE)}
    console.log(JSON.stringify(${JSON.stringify(texts)}.map(statementName)))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  return JSON.parse(output) as string[]
}

test('gives a statement the same name in each process, whatever ran before', () => {
  const texts = ['select 1', 'delete from player_titles where player_id = $1', 'select * from titles', '']
  const here = texts.map(statementName)
  expect(namesElsewhere(texts.toReversed()).toReversed()).toEqual(here)
})

test('gives different names to different texts', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, two) => {
      expect(statementName(one) === statementName(two)).toBe(one === two)
    }),
  )
})

test('stays below the length at which Postgres truncates names', () => {
  expect(statementName('select 1'.repeat(10_000)).length).toBeLessThan(64)
})
