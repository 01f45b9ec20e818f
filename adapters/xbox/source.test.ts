import { expect, test } from 'vitest'
import { source } from './source.ts'

const binding = { service_config_id: '00000000-0000-0000-0000-00007f3c91a2' }
const target = { binding, account: '2814616665093727', locale: 'de' }

test('a user’s list is read from token to token', () => {
  const { path, headers } = source.progress.ask(target, undefined)
  expect(path).toBe('/users/xuid(2814616665093727)/achievements?titleId=2134675874&maxItems=100')
  expect(headers).toEqual({ 'x-xbl-contract-version': '2', 'accept-language': 'de' })
  const pagingInfo = { continuationToken: '100,2018-03-28T01:28:51.8070000Z', totalRecords: 130 }
  const page = source.progress.read({ achievements: [{ id: '1' }], pagingInfo }, target, undefined)
  expect(page).toEqual({
    list: ['achievements'],
    entries: [{ id: '1' }],
    next: pagingInfo.continuationToken,
    total: 130,
  })
  const second = source.progress.ask(target, page.next)
  expect(second.path).toBe(`${path}&continuationToken=100%2C2018-03-28T01%3A28%3A51.8070000Z`)
})

test.each([
  [{}],
  [{ pagingInfo: null }],
  [{ pagingInfo: { continuationToken: '' } }],
  [{ pagingInfo: { totalItems: 7 } }],
])('the list ends with %j', (more) => {
  expect(source.progress.read({ achievements: null, ...more }, target, '32')).toMatchObject({
    entries: [],
    next: undefined,
  })
})

test('definitions are those of a list without what the user has', () => {
  expect(source.definitions.ask(target, undefined).path).toContain('&possibleOnly=true')
  expect(source.lacks({ service_config_id: '1370999b-fca2-4c53-8ec5-73493bcb67e5' })).toEqual(['title_id'])
})
