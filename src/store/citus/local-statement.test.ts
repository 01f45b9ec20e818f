import { expect, test } from 'vitest'
import { localStatements } from './local-statement.ts'

const statementOf = localStatements({
  sharded: ['players', 'progress'],
  copies: new Map([
    ['titles', 'titles_1'],
    ['achievements', 'achievements_2'],
  ]),
})
const localStatement = (text: string) => statementOf(text).text

test('tells which statements write to copied tables', () => {
  const writes = ['update achievements set id = id', 'with a as (delete from "titles" returning 1) select 1']
  const others = [
    'select 1 from titles for update',
    'insert into plans select id from titles',
    'delete from progress',
  ]
  expect(writes.map((text) => statementOf(text).writesCopies)).toEqual([true, true])
  expect(others.map((text) => statementOf(text).writesCopies)).toEqual([false, false, false])
})

test('reads and locks copied tables in the copies of the coordinator', () => {
  expect(localStatement('select "achievements"."id" from "achievements" for no key update')).toBe(
    'select "achievements_2"."id" from "achievements_2" for no key update',
  )
  expect(
    localStatement('select 1 from titles t, achievements a where a.title_id = t.id for update of t'),
  ).toBe('select 1 from titles_1 t, achievements_2 a where a.title_id = t.id for update of t')
})

test('writes tables of the coordinator from the copies of the coordinator', () => {
  expect(localStatement('insert into plans select id from titles')).toBe(
    'insert into plans select id from titles_1',
  )
})

test.each([
  'update achievements set id = id',
  'insert into "titles" (id) values ($1)',
  'delete from titles where id = $1',
  'select 1 from titles, progress for key share',
  'select achievements_by_time from plans',
])('leaves to Citus what writes to a copied table, uses a sharded one, or names neither: %s', (text) => {
  expect(localStatement(text)).toBe(text)
})
