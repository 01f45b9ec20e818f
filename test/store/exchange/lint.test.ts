import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eachAchievement, sumOfAchievements } from '../../../src/dialect/kit/lint-rules.ts'
import type { LintFinding, LintRule } from '../../../src/dialect/lint.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { updateAchievement } from '../../../src/service/achievements/update-achievement.ts'
import { lintTitle } from '../../../src/service/exchange/lint-title.ts'
import type { Services } from '../../../src/service/services.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { CODED, UNCODED } from '../../support/documents.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const COUNT = 12
const RULE = { requirement: 'x', limit: '', source: 'invented' } as const
const IDS = Array.from({ length: COUNT }, (_, index) => `a${index}`)
const each: LintRule = {
  ...RULE,
  name: 'each',
  severity: 'warning',
  start: eachAchievement(({ id }) => [{ path: 'id', value: id }]),
}
const all: LintRule = {
  ...RULE,
  name: 'all',
  severity: 'error',
  start: sumOfAchievements(
    'achievements',
    () => 1n,
    () => true,
  ),
}
/** A page has room for a few of its findings. */
const large: LintRule = {
  ...RULE,
  name: 'large',
  severity: 'error',
  start: eachAchievement(() => [{ path: 'name.text', value: 'x'.repeat(2 ** 20) }]),
}

let services: TestServices

beforeAll(async () => {
  services = await createTestServices()
  for (const id of ['one', 'changing', 'empty']) {
    const title = { id, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
    await createTitle(services, { title, requestId: undefined }, callOf())
  }
  for (const titleId of ['one', 'changing']) {
    for (const id of IDS) {
      const achievement = achievementOf({ id })
      await createAchievement(services, { titleId, achievement, requestId: undefined }, callOf())
    }
  }
})
afterAll(() => services[Symbol.asyncDispose]())

/** The services with other rules: no dialect but those named has any. */
function withRules(rules: Readonly<Record<string, readonly LintRule[]>>): Services {
  const dialects = [...services.dialects].map(([id, { lint: _, ...dialect }]) => {
    const lint = rules[id]
    return [id, lint === undefined ? dialect : { ...dialect, lint }] as const
  })
  return { ...services, dialects: new Map(dialects) }
}

function lint(
  ruled: Services,
  titleId: string,
  options: { dialects?: string[]; pageSize?: number; pageToken?: string },
) {
  const { dialects = [], pageSize, pageToken } = options
  return lintTitle(ruled, { titleId, dialects, pageSize, pageToken }, callOf())
}

async function allPages(ruled: Services, titleId: string, pageSize: number) {
  const pages = []
  let pageToken: string | undefined
  do {
    const page = await lint(ruled, titleId, { pageSize, ...(pageToken === undefined ? {} : { pageToken }) })
    pages.push(page)
    pageToken = page.nextPageToken
  } while (pageToken !== undefined)
  return pages
}

const namesOf = (findings: readonly LintFinding[]) =>
  findings.map(({ dialect, rule, achievementId }) => [dialect, rule, achievementId])

/** By achievement in list order, then by dialect; the title last. */
const EXPECTED = [
  ...IDS.flatMap((id) => [CODED, UNCODED].sort().map((dialect) => [dialect, 'each', id])),
  [UNCODED, 'all', undefined],
]

describe('the findings of a title', () => {
  test.each([1, 5, 1000])(
    'are returned once each in pages of %i, with the counts of all',
    async (pageSize) => {
      const pages = await allPages(withRules({ [UNCODED]: [each, all], [CODED]: [each] }), 'one', pageSize)
      expect(namesOf(pages.flatMap(({ items }) => items))).toEqual(EXPECTED)
      expect(pages.length).toBe(Math.ceil(EXPECTED.length / pageSize))
      for (const { counts, dialects } of pages) {
        expect(counts).toEqual({ warning: 2 * COUNT, error: 1 })
        expect(dialects).toEqual([CODED, UNCODED].sort())
      }
    },
  )

  test('fill a page by their size', async () => {
    const pages = await allPages(withRules({ [CODED]: [large] }), 'one', 1000)
    expect(pages.length).toBeGreaterThan(3)
    expect(pages.flatMap(({ items }) => items).map(({ achievementId }) => achievementId)).toEqual(IDS)
    expect(pages.map(({ counts }) => counts.error)).toEqual(pages.map(() => COUNT))
  })

  test('are only of the named dialects; one without rules has none', async () => {
    const ruled = withRules({ [CODED]: [all] })
    expect(await lint(ruled, 'one', { dialects: [UNCODED] })).toMatchObject({ items: [], dialects: [] })
    const twice = await lint(ruled, 'one', { dialects: [UNCODED, CODED, CODED] })
    expect(namesOf(twice.items)).toEqual([[CODED, 'all', undefined]])
  })

  test('are none for a title without achievements', async () => {
    expect(await lint(services, 'empty', {})).toMatchObject({ items: [], counts: { error: 0, warning: 0 } })
  })

  test('are refused on a later page after a definition has changed', async () => {
    const ruled = withRules({ [CODED]: [each] })
    const { nextPageToken: pageToken = '' } = await lint(ruled, 'changing', { pageSize: 5 })
    const second = await lint(ruled, 'changing', { pageSize: 5, pageToken })
    expect(second.items[0]?.achievementId).toBe('a5')
    const update = { titleId: 'changing', achievementId: 'a11', patch: { hidden: true } }
    await updateAchievement(services, { ...update, etag: undefined, requestId: undefined }, callOf())
    const refused = { reason: 'PAGE_TOKEN_INVALID', message: expect.stringMatching(/definitions changed/) }
    await expect(lint(ruled, 'changing', { pageSize: 5, pageToken })).rejects.toMatchObject(refused)
  })

  test('are refused for an unknown dialect, an unknown title, or the token of other dialects', async () => {
    const ruled = withRules({ [CODED]: [each], [UNCODED]: [each] })
    await expect(lint(ruled, 'one', { dialects: ['x'] })).rejects.toMatchObject({
      reason: 'DIALECT_NOT_FOUND',
    })
    await expect(lint(ruled, 'nowhere', {})).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
    const { nextPageToken: pageToken = '' } = await lint(ruled, 'one', { pageSize: 5 })
    const other = lint(ruled, 'one', { dialects: [CODED], pageToken })
    await expect(other).rejects.toMatchObject({ reason: 'PAGE_TOKEN_INVALID' })
  })
})
