import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { longestTurn } from '../../../test/support/cpu.ts'
import { type AccelByteClient, definition } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'

let running: Awaited<ReturnType<typeof startAccelByte>>

beforeAll(async () => {
  running = await startAccelByte()
})
afterAll(() => running[Symbol.asyncDispose]())

const create = (of: AccelByteClient, code: string, parts: object = {}) =>
  of.call('AdminCreateNewAchievement', { body: definition(code, parts) })
const codesIn = (file: readonly { readonly AchievementCode: string }[]) =>
  file.map(({ AchievementCode }) => AchievementCode)

/** The form that an import takes; parts in the order given. */
function formOf(...parts: readonly (readonly [string, string | object])[]): { readonly body: FormData } {
  const body = new FormData()
  for (const [name, content] of parts) {
    if (name === 'file') {
      const text = typeof content === 'string' ? content : JSON.stringify(content)
      body.append(name, new Blob([text], { type: 'application/json' }), 'config.json')
    } else body.append(name, String(content))
  }
  return { body }
}

describe('export', () => {
  test('is a file of all, or of those with the tags', async () => {
    const of = running.clientOf('exported')
    await create(of, 'a', { tags: ['x', 'y'], goalValue: 7.7 })
    await create(of, 'b', { tags: ['y'], global: true })
    const response = await of.ask('ExportAchievements')
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename=achievement_exported_config.json',
    )
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await of.call('ExportAchievements')).toMatchObject([
      { AchievementCode: 'a', Namespace: 'exported', GoalValue: 7.7, ListOrder: 1, Tags: ['x', 'y'] },
      { AchievementCode: 'b', Global: true },
    ])
    expect(codesIn(await of.call('ExportAchievements', { query: 'tags=x' }))).toEqual(['a'])
    expect(await of.call('ExportAchievements', { query: 'tags=none' })).toEqual([])
    for (const code of ['a', 'b']) await of.call('AdminDeleteAchievement', { code })
    expect(await of.call('ExportAchievements')).toEqual([])
  })

  test('names its file in plain letters, whatever the namespace', async () => {
    const of = running.clientOf('sea "ß\\')
    await create(of, 'a')
    const { status, headers } = await of.ask('ExportAchievements')
    expect([status, headers.get('content-disposition')]).toEqual([
      200,
      'attachment; filename=achievement_sea_____config.json',
    ])
  })
})

describe('import', () => {
  test('lets other calls run', async () => {
    const of = running.clientOf('large')
    const description = { en: 'x'.repeat(1000), de: 'y'.repeat(1000) }
    const file = Array.from({ length: 800 }, (_, index) => ({
      AchievementCode: `c-${index}`,
      Name: { en: 'N' },
      Description: description,
    }))
    const form = formOf(['file', file])
    const longest = await longestTurn(async () => {
      const { newConfigs } = await of.call('ImportAchievements', form)
      expect(newConfigs).toHaveLength(800)
    })
    expect(longest).toBeLessThan(100)
  })

  test('brings a file from one namespace to another, and again changes nothing', async () => {
    const [from, to] = [running.clientOf('origin'), running.clientOf('copy')]
    await create(from, 'a', { name: { en: 'A', fr: 'Ah' }, customAttributes: { tier: 2 } })
    await create(from, 'b', { incremental: true, goalValue: 3, statCode: 'steps' })
    const file = await from.call('ExportAchievements')
    const nothing = { replacedConfigs: [], ignoredConfigs: [], failedConfigs: [] }
    expect(await to.call('ImportAchievements', formOf(['file', file]))).toEqual({
      newConfigs: ['a', 'b'],
      ...nothing,
    })
    const copied = await to.call('ExportAchievements')
    expect(copied).toEqual(file.map((entry) => ({ ...entry, Namespace: 'copy' })))
    const again = await to.call('ImportAchievements', formOf(['file', file], ['strategy', 'replace']))
    expect(again).toEqual({ newConfigs: [], ...nothing, replacedConfigs: ['a', 'b'] })
    expect(await to.call('ExportAchievements')).toEqual(copied)
  })

  test('keeps or replaces existing definitions, whether the strategy is before or after the file', async () => {
    const of = running.clientOf('merged')
    await create(of, 'a')
    await create(of, 'b')
    const file = [{ ...definition('a'), name: { en: 'Other' } }, definition('c')]
    const nameOf = async (code: string) => (await of.call('AdminGetAchievement', { code })).name
    const stored = await of.call('ImportAchievements', formOf(['strategy', 'leaveOut'], ['file', file]))
    expect(stored).toMatchObject({ newConfigs: ['c'], ignoredConfigs: ['a'], replacedConfigs: [] })
    expect(await nameOf('a')).toEqual({ en: 'a' })
    for (const form of [
      formOf(['strategy', 'replace'], ['file', file]),
      formOf(['file', file], ['strategy', 'REPLACE']),
    ]) {
      const replaced = await of.call('ImportAchievements', form)
      expect(replaced).toMatchObject({ newConfigs: [], ignoredConfigs: [], replacedConfigs: ['a', 'c'] })
      expect(await nameOf('a')).toEqual({ en: 'Other' })
    }
    expect(await nameOf('b')).toEqual({ en: 'b' })
  })

  test('fails entry by entry', async () => {
    const of = running.clientOf('partly')
    const file = [
      definition('good'),
      { ...definition('tagged'), tags: [...'abcdef'] },
      7,
      { AchievementCode: 5 },
      definition('twice'),
      definition('twice', { hidden: true }),
    ]
    const result = await of.call('ImportAchievements', formOf(['file', file], ['strategy', 'replace']))
    expect(result.newConfigs).toEqual(['good', 'twice'])
    expect(result.replacedConfigs).toEqual(['twice'])
    expect([...result.failedConfigs].sort()).toEqual(['$[2]', '5', 'tagged'])
    expect((await of.call('AdminGetAchievement', { code: 'twice' })).hidden).toBe(true)
  })

  test('keeps the namespace of a title that only its own id names', async () => {
    const of = running.clientOf('origin')
    const file = await of.call('ExportAchievements')
    const other = running.clientOf('accelbyte-origin')
    expect((await other.fail('AdminListAchievements')).status).toBe(404)
    await running.clientOf('accelbyte-origin').call('ImportAchievements', formOf(['file', file]))
    const { data } = await other.call('AdminListAchievements')
    expect(data.map(({ namespace }) => namespace)).toEqual(['accelbyte-origin', 'accelbyte-origin'])
    expect((await of.call('AdminListAchievements')).data).toHaveLength(2)
  })

  test.each<readonly [string, { readonly body: FormData | string }, RegExp]>([
    ['a body that is no form', { body: '[]' }, /^file: expected a part/],
    ['a form without the file', formOf(['strategy', 'replace']), /^file: /],
    ['another strategy', formOf(['file', []], ['strategy', 'merge']), /^strategy: .*"merge"/],
    ['what is no JSON', formOf(['file', '[{"a":1},\n x]']), /^line 2, column 2: /],
    ['what is no list', formOf(['file', '7']), /line 1, column 1: a document is an array or an object/],
  ])('refuses %s, and makes no title of it', async (_, asked, message) => {
    const of = running.clientOf('refused')
    const refused = await of.fail('ImportAchievements', asked)
    expect([refused.status, refused.errorMessage]).toEqual([400, expect.stringMatching(message)])
    expect((await of.fail('AdminListAchievements')).status).toBe(404)
  })

  test('refuses a file that is too large in its own form', async () => {
    const form = formOf(['file', `[${' '.repeat(17 * 2 ** 20)}]`])
    const refused = await running.clientOf('refused').fail('ImportAchievements', form)
    expect([refused.status, refused.errorCode]).toEqual([413, 413])
  })
})
