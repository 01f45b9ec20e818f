import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { statementName } from './statement-name.ts'

const MODULE = fileURLToPath(new URL('statement-name.ts', import.meta.url))

/** The names that a process of its own gives to statements, in the order in which it is given them. */
function namesElsewhere(texts: readonly string[]): string[] {
  const program = `import { statementName } from ${JSON.stringify(MODULE)}
    console.log(JSON.stringify(${JSON.stringify(texts)}.map(statementName)))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  return JSON.parse(output) as string[]
}

test('processes give a statement the same name, whatever each of them ran before', () => {
  const texts = ['select 1', 'delete from player_titles where player_id = $1', 'select * from titles', '']
  const here = texts.map(statementName)
  expect(namesElsewhere(texts.toReversed()).toReversed()).toEqual(here)
})

test('two statements have the same name only if they have the same text', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, two) => {
      expect(statementName(one) === statementName(two)).toBe(one === two)
    }),
  )
})

test('a name is short enough for Postgres to tell it from others', () => {
  expect(statementName('select 1'.repeat(10_000)).length).toBeLessThan(64)
})
