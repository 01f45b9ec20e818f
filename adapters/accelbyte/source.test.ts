import { expect, test } from 'vitest'
import { source } from './source.ts'

const target = { binding: { namespace: 'har bor' }, account: 'ada/%2F 1', locale: 'en' }

test('lists are read from offset to offset, by as many as came', () => {
  const { path } = source.definitions.ask(target, undefined)
  const list = '/achievement/v1/admin/namespaces/har%20bor/achievements'
  expect(path).toBe(`${list}?limit=100&offset=0&sortBy=createdAt:asc`)
  const paging = { previous: '', next: '/anywhere?offset=7&limit=100' }
  const response = { data: [{}, {}, {}], paging }
  expect(source.definitions.read(response, target, undefined).next).toBe('3')
  expect(source.definitions.read(response, target, '3').next).toBe('6')
  expect(source.definitions.ask(target, '6').path).toContain('offset=6&')
  expect(source.definitions.read({ data: null, paging: { next: '' } }, target, '6').next).toBeUndefined()
})

test('a player’s rows are asked for by their user id, whatever it is', () => {
  expect(source.progress.ask(target, '100').path).toBe(
    '/achievement/v1/admin/namespaces/har%20bor/users/ada%2F%252F%201/achievements' +
      '?limit=100&offset=100&sortBy=createdAt:asc&preferUnlocked=false',
  )
  expect(() => source.progress.ask({ ...target, account: '..' }, undefined)).toThrow('neither . nor ..')
  expect(source.lacks({ namespace: '..' })).toEqual(['namespace'])
})
