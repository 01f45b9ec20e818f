import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  ProgressServiceClient,
  UnlockAchievementRequest,
} from '../../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../../../test/support/client.ts'
import type { FakeLists } from '../../../test/support/dialect-fixtures.ts'
import { type FakePlatform, json, respond, startFakePlatform } from '../../../test/support/fake-platform.ts'
import { openPullHouse, type PullHouse } from '../../../test/support/pulls.ts'
import { definition, pageOf, row, serve, unlocked } from '../testing/lists.ts'

let house: PullHouse
let platform: FakePlatform
let namespace: FakeLists
let title: string
let titles = 0

beforeAll(async () => {
  house = await openPullHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

beforeEach(async () => {
  titles += 1
  title = `title-${titles}`
  namespace = { definitions: ['a', 'b', 'c'].map((code) => own(code)), rows: { ada: [] }, pageSize: 2 }
  platform = await startFakePlatform({ behave: serve(namespace) })
})
afterEach(() => platform.close())

function own(code: string, parts: object = {}): object {
  return definition(code, { namespace: title, ...parts })
}

function pull(...more: readonly string[]) {
  const binding = ['--binding', `namespace=${title}`]
  return house.pull('accelbyte', '--title', title, '--from', platform.url, ...binding, ...more)
}

async function unlock(playerId: string, achievementId: string): Promise<void> {
  using client = createClient(ProgressServiceClient, house.server.address)
  const request = UnlockAchievementRequest.fromPartial({ titleId: title, playerId, achievementId })
  await callUnary(client, 'unlockAchievement', request)
}

describe('progress', () => {
  const counted = { incremental: true, goalValue: 10 }

  test('that is higher on the platform raises Laurel’s; lower progress stays and is reported as drift', async () => {
    namespace.definitions = ['a', 'b', 'c', 'd'].map((code) => own(code, counted))
    namespace.rows['ada'] = ['a', 'b', 'c'].map((code) => row(code, { latestValue: 4 }))
    expect(await pull('--player', 'ada=ada')).toMatchObject({
      code: 0,
      report: { drift: [], progress: { changed: 3 } },
    })
    await unlock('ada', 'd')
    namespace.rows['ada'] = [row('a', { latestValue: 7 }), row('b', { latestValue: 3.5 })]
    const { code, report } = await pull('--player', 'ada')
    expect(code).toBe(0)
    expect(report.progress).toEqual({ new: 0, changed: 1, unchanged: 1, ignored: 0, refused: 0 })
    const ours = (percent: number, goal: string) => ({ state: 'in progress', percent, values: { goal } })
    const nothing = { state: 'not started', percent: 0, values: {} }
    expect(report.drift).toEqual([
      { playerId: 'ada', achievementId: 'b', theirs: ours(35, '3.5'), ours: ours(40, '4') },
      { playerId: 'ada', achievementId: 'c', theirs: nothing, ours: ours(40, '4') },
      {
        playerId: 'ada',
        achievementId: 'd',
        theirs: nothing,
        ours: { state: 'achieved', percent: 100, values: { goal: '10' } },
      },
    ])
    // Without the definitions, the platform's achievements are unknown.
    const only = await pull('--player', 'ada', '--progress-only')
    expect(only.report.drift).toEqual(report.drift.slice(0, 1))
    const { data } = await house.exported('accelbyte', title, { playerId: 'ada' })
    expect(data.map(({ latestValue }: { latestValue: number }) => latestValue)).toEqual([7, 4, 4, 10])
  })

  test('is reported and not stored by a dry run, even for achievements that it would create', async () => {
    namespace.rows['eve'] = [unlocked('a'), unlocked('c')]
    const { code, report } = await pull('--player', 'dry=eve', '--dry-run')
    expect({ code, progress: report.progress.changed, refused: report.refused }).toEqual({
      code: 0,
      progress: 2,
      refused: [],
    })
    await pull()
    namespace.definitions.push(own('d'))
    namespace.rows['eve']?.push(unlocked('d'))
    const again = await pull('--player', 'dry=eve', '--dry-run')
    expect(again.report).toMatchObject({
      definitions: { new: 1, unchanged: 3 },
      progress: { new: 0, changed: 3, refused: 0 },
    })
    expect((await house.exported('accelbyte', title)).length).toBe(3)
    expect((await house.exported('accelbyte', title, { playerId: 'all' })).data).toEqual([])
  })

  test('is pulled for the players of an option, of a file, or for all with an account', async () => {
    Object.assign(namespace.rows, { 'u/1': [unlocked('a')], 'u/2': [unlocked('a')], 'u/3': [unlocked('b')] })
    const players = await house.file('players.txt', `p${titles}=u/1\n\n=u/2\n=missing\nnobody\n`)
    const { code, report } = await pull('--players-file', players, '--player', `q${titles}=u/3`)
    expect(code).toBe(1)
    expect(report.players).toEqual({ pulled: 3, refused: 2 })
    expect(report.refused).toEqual([
      expect.objectContaining({ playerId: 'accelbyte:missing', reason: 'HTTP 404' }),
      expect.objectContaining({ playerId: 'nobody', reason: 'PLAYER_NOT_FOUND' }),
    ])
    const { data } = await house.exported('accelbyte', title, { playerId: 'accelbyte:u/2' })
    expect(data).toMatchObject([{ achievementCode: 'a', status: 2 }])
    const before = platform.received.length
    const all = await pull('--all-players', '--progress-only')
    expect(all.report.progress).toMatchObject({ changed: 0, unchanged: 3 })
    const asked = platform.received.slice(before).map(pageOf)
    expect(asked.toSorted()).toEqual(expect.arrayContaining(['u%2F1 0', 'u%2F2 0', 'u%2F3 0']))
    expect(asked).not.toContain('missing 0')
    const taken = await pull('--player', 'somebody-else=u/3')
    expect(taken.report.refused).toMatchObject([
      { reason: 'ACCOUNT_LINKED_ELSEWHERE', playerId: 'somebody-else' },
    ])
  })
})

describe('a definition', () => {
  test('with the name of an achievement under another id is a possible duplicate in a dry run', async () => {
    await pull()
    namespace.definitions.push(own('d', { name: { en: 'b' } }))
    const { report } = await pull('--dry-run')
    expect(report).toMatchObject({
      definitions: { new: 1, unchanged: 3 },
      possibleDuplicates: [{ achievementId: 'd', possibleDuplicates: ['b'] }],
    })
    const parts = ['--title', title, '--from', platform.url, '--dry-run']
    const { stdout } = await house.laurel('pull', 'accelbyte', ...parts)
    expect(stdout).toMatch(/possible duplicates of .*\n {2}id +possible duplicate of\n {2}d +b\n/)
  })
})

describe('a page', () => {
  test('is imported without its invalid entries, which are refused', async () => {
    const cut = '\\ud83d'
    namespace.definitions = [own('a'), own('b'), own('c', { name: { en: 'CUT' } })]
    namespace.pageSize = 100
    const well = serve(namespace)
    platform.behave = (request, index) => {
      const said = well(request, index)
      if (said.kind !== 'respond') return said
      return {
        ...said,
        body: (said.body ?? '').replace('CUT', cut).replace('"data":[', '"data":[7,{"achievementCode":5},'),
      }
    }
    const { code, report } = await pull()
    expect(code).toBe(1)
    expect(report.definitions).toEqual({ new: 2, changed: 0, unchanged: 0, ignored: 0, refused: 3 })
    const [{ path: request } = { path: '' }] = platform.received
    const refused = { playerId: '', request, achievementId: '', reason: 'DOCUMENT_REFUSED' }
    expect(report.refused).toEqual([
      {
        ...refused,
        path: '$.data[0]',
        message: expect.stringMatching(/^\$\.data\[0\] is not .* found number 7$/),
      },
      {
        ...refused,
        path: '$.data[1]',
        achievementId: '5',
        message: expect.stringContaining('$.data[1].achievementCode'),
      },
      { ...refused, path: '$.data[4]', message: expect.stringContaining('half of a surrogate pair') },
    ])
    const { stdout } = await house.laurel('pull', 'accelbyte', '--title', title, '--from', platform.url)
    expect(stdout).toMatch(/ {2}definitions: new 0, changed 0, unchanged 2, ignored 0, refused 3\nrefused:\n/)
  })

  const NO_PAGES: readonly (readonly [body: string, reason: string, message: RegExp])[] = [
    ['<html>', 'NOT_JSON', /^the response is not JSON: line 1, column 1/],
    ['{"paging":{}}', 'NOT_A_PAGE', /^expected a list, but found nothing/],
    ['{"data":"x","paging":{}}', 'NOT_A_PAGE', /^expected a list, but found string "x"/],
    ['{"data":[]}', 'NOT_A_PAGE', /^expected an object, but found nothing/],
    ['{"data":[{"x":1e999}],"paging":{}}', 'NOT_A_PAGE', /out of range/],
    ['[]', 'NOT_A_PAGE', /^expected an object, but found array of 0/],
  ]

  test('that is none is refused, and the other players are pulled', async () => {
    const well = serve(namespace)
    namespace.rows['eve'] = [unlocked('a')]
    platform.behave = (request, index) => {
      const [, number] = /^bad-(\d) /.exec(pageOf(request)) ?? []
      const [body] = NO_PAGES[Number(number)] ?? []
      return body === undefined ? well(request, index) : respond(200, { body })
    }
    const bad = NO_PAGES.map((_, number) => `--player=p${number}=bad-${number}`)
    const { code, report } = await pull(...bad, '--player', 'eva=eve')
    expect(code).toBe(1)
    expect(report).toMatchObject({
      players: { pulled: 1, refused: NO_PAGES.length },
      progress: { changed: 1 },
    })
    expect(report.refused).toMatchObject(
      NO_PAGES.map(([, reason, message], number) => {
        return { playerId: `p${number}`, reason, message: expect.stringMatching(message) }
      }),
    )
  })

  test.each([NO_PAGES[0]?.[0], NO_PAGES[1]?.[0]])(
    'of definitions that is %s ends the pull',
    async (body = '') => {
      platform.behave = () => respond(200, { body })
      const { code, stdout, stderr } = await pull()
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(
        /^laurel: the definitions cannot be read: .*\nrequest: \/achievement\/v1\/admin\//,
      )
    },
  )

  test('of an endless list is refused', async () => {
    const page = json({ data: [own('a')], paging: { next: '/more' } })
    platform.behave = () => page
    const same = await pull()
    expect(same).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it returned the same page again'),
    })
    expect(platform.received).toHaveLength(2)
  })

  test('keeps members that Laurel does not model', async () => {
    const foreign = {
      customAttributes: { season: [1, { deep: true }] },
      status: 'TIED',
      inventedLater: { big: 12 },
    }
    namespace.definitions = [own('a', foreign)]
    namespace.rows['ada'] = [{ ...unlocked('a'), inventedToo: 'yes' }]
    expect(await pull('--player', 'ada=ada')).toMatchObject({ code: 0, report: { lossCount: 0 } })
    expect(await house.exported('accelbyte', title, { shape: 'rest' })).toMatchObject({ data: [foreign] })
    const { data } = await house.exported('accelbyte', title, { playerId: 'ada' })
    expect(data).toMatchObject([{ inventedToo: 'yes' }])
  })
})
