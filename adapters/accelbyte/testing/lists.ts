import type { FakeLists, ListFixtures } from '../../../test/support/dialect-fixtures.ts'
import { type Behave, json, type Received, respond } from '../../../test/support/fake-platform.ts'

/** Serves the lists as AccelByte's admin API does. */
export function serve(lists: FakeLists): Behave {
  return ({ path }) => {
    const url = new URL(path, 'http://platform')
    const [, user] = /\/users\/([^/]+)\/achievements$/.exec(url.pathname) ?? []
    const all = user === undefined ? lists.definitions : lists.rows[decodeURIComponent(user)]
    if (all === undefined)
      return respond(404, { body: '{"errorCode":20008,"errorMessage":"user not found"}' })
    const offset = Number(url.searchParams.get('offset'))
    const end = offset + Math.min(lists.pageSize, Number(url.searchParams.get('limit')))
    const next = end < all.length ? `${url.pathname}?offset=${end}` : ''
    return json({ data: all.slice(offset, end), paging: { previous: '', next } })
  }
}

/** Returns the list and the offset of a request: `definitions 0`, `ada 2`. */
export function pageOf({ path }: Received): string {
  const url = new URL(path, 'http://platform')
  const [, user = 'definitions'] = /\/users\/([^/]+)\/achievements$/.exec(url.pathname) ?? []
  return `${user} ${url.searchParams.get('offset')}`
}

/** Returns a definition in the API's form. */
export function definition(achievementCode: string, parts: object = {}): object {
  return {
    achievementCode,
    namespace: 'harbor',
    defaultLanguage: 'en',
    name: { en: achievementCode },
    description: { en: achievementCode },
    lockedIcons: [],
    unlockedIcons: [],
    hidden: false,
    listOrder: 1,
    tags: [],
    incremental: false,
    goalValue: 0,
    statCode: '',
    global: false,
    createdAt: '2023-01-19T09:36:17.123Z',
    updatedAt: '2023-01-19T09:36:17.123Z',
    ...parts,
  }
}

/** Returns the row of an achievement that is unlocked. */
export function unlocked(achievementCode: string): object {
  return row(achievementCode, { status: 2, latestValue: 1, achievedAt: '2024-02-03T04:05:06.789Z' })
}

export function row(achievementCode: string, parts: object): object {
  return {
    id: '63c90f11e4b7c190ffab1203',
    achievementCode,
    name: { en: achievementCode },
    status: 1,
    latestValue: 0,
    achievedAt: '0001-01-01T00:00:00Z',
    ...parts,
  }
}

export const fakeLists: ListFixtures = { definition, unlocked, serve, pageOf }
