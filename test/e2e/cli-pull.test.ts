import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CreatePlayerRequest, PlayerServiceClient } from '../../src/gen/laurel/v1/player_service.ts'
import { ProgressServiceClient, RecordProgressRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { sources } from '../../src/registry.ts'
import { decodeSample, samplesIn } from '../conformance/subjects.ts'
import { BINDINGS } from '../support/bound-title.ts'
import { callUnary, createClient } from '../support/client.ts'
import { byDialect, fixturesOf } from '../support/dialect-fixtures.ts'
import { adapterOf, codeOf, entryOf } from '../support/documents.ts'
import { bindingOptions, openPullHouse, type PullHouse } from '../support/pulls.ts'
import { gamerscore, requirementOf } from '../support/records.ts'

/* Pulls from one Laurel server into another through each platform's API. */

const ACCOUNTS = {
  ada: byDialect(({ account }) => account(1)),
  bob: byDialect(({ account, bridge }) => bridge?.account ?? account(2)),
}

let there: PullHouse
let here: PullHouse

beforeAll(async () => {
  ;[there, here] = await Promise.all([openPullHouse(), openPullHouse()])
  using players = createClient(PlayerServiceClient, there.server.address)
  for (const [playerId, ids] of Object.entries(ACCOUNTS)) {
    const accounts = Object.entries(ids).map(([dialect, accountId]) => ({ dialect, accountId }))
    const request = CreatePlayerRequest.fromPartial({ player: { playerId, accounts } })
    await callUnary(players, 'createPlayer', request)
  }
})
afterAll(async () => {
  await here[Symbol.asyncDispose]()
  await there[Symbol.asyncDispose]()
})

describe.each([...sources])('%s', (dialect, { progress: { ownOnly } }) => {
  const title = `harbor-${dialect}`
  const players = Object.entries(ACCOUNTS).map(([id, ids]) => `--player=${id}=${ids[dialect]}`)
  const binding = bindingOptions(BINDINGS[dialect] ?? {})
  const pull = (...more: readonly string[]) => {
    const own = ownOnly ? ['--player-credential', `file:${dialect}-{account}`] : []
    const from = ['--from', there.server.url + fixturesOf(dialect).bridge?.basePath]
    return here.pull(dialect, '--title', title, ...from, ...own, ...players, ...more)
  }

  beforeAll(async () => {
    if (ownOnly) {
      for (const { [dialect]: account } of Object.values(ACCOUNTS))
        await here.file(`${dialect}-${account}`, `Bearer ${account}`)
    }
    await createPlayedTitle(dialect, title)
  })

  test('asks for a binding if the title does not exist', async () => {
    const { code, stderr } = await pull()
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^laurel: title harbor-\w+ does not exist; to pull into a new one, add --binding \w+=…/,
    )
  })

  test('reports and stores nothing in a dry run', async () => {
    const { code, report, stderr } = await pull(...binding, '--dry-run')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(report.definitions).toEqual({ ...NONE, new: report.definitions.new })
    expect(report.definitions.new).toBeGreaterThan(1)
    expect(report.progress.changed).toBeGreaterThan(1)
    expect(await here.laurel('export', dialect, '--title', title)).toMatchObject({ code: 1 })
  })

  test('is the same in both servers after a pull', async () => {
    const { code, report, stderr } = await pull(...binding)
    expect({ code, stderr, drift: report?.drift, refused: report?.refused }).toEqual({
      code: 0,
      stderr: '',
      drift: [],
      refused: [],
    })
    expect(report.definitions).toEqual({ ...NONE, new: report.definitions.new })
    expect(report.players).toEqual({ pulled: 2, refused: 0 })
    expect(report.newlyUnlocked).toBeGreaterThan(0)
    await expectEqual(dialect, title)
  })

  test('is unchanged by a second pull, which needs no --binding', async () => {
    const { code, report } = await pull()
    expect(code).toBe(0)
    const { definitions, progress } = report
    expect(definitions).toEqual({ ...NONE, unchanged: definitions.unchanged })
    expect(progress).toEqual({ ...NONE, unchanged: progress.unchanged })
    expect(progress.unchanged).toBeGreaterThan(1)
    await expectEqual(dialect, title)
  })
})

const NONE = { new: 0, changed: 0, unchanged: 0, ignored: 0, refused: 0 }

const RICH = {
  ...{ hidden: true, serverOnly: true, tags: ['light'], platforms: ['PC'], rewards: gamerscore(25) },
  name: { locale: 'en-US', text: 'First Light', translations: { de: 'Erstes Licht' } },
  lockedDescription: { locale: 'en-US', text: 'Make light', translations: {} },
  ...{ deepLink: 'game://light', estimatedTime: 36_000_000_000n },
  media: [{ role: 'unlocked_icon', name: 'lit', url: 'https://cdn.example/lit.png' }],
} as const

/** Creates a title on the first server: ada has a hidden achievement, and bob a part of another one. */
async function createPlayedTitle(dialect: string, titleId: string): Promise<void> {
  // A platform whose bridge sends no percent shows a count.
  const isPercent = fixturesOf(dialect).bridge?.progressed[0] === 'delivered'
  const requirements = isPercent ? [] : [requirementOf({ id: 'goal' })]
  const achievements = [RICH, { requirements }, {}]
  const entries = achievements.map((achievement, index) =>
    entryOf(dialect, { number: index + 1, achievement }),
  )
  const document = await there.file('entries.json', entries)
  expect(await there.laurel('import', dialect, document, '--title', titleId)).toMatchObject({ code: 0 })
  using client = createClient(ProgressServiceClient, there.server.address)
  for (const [number, playerId, value] of [
    [1, 'ada', 100],
    [2, 'bob', 40],
  ] as const) {
    const report = { $case: 'percent' as const, value }
    const key = { titleId, playerId, achievementId: codeOf(dialect, number) }
    await callUnary(client, 'recordProgress', RecordProgressRequest.fromPartial({ ...key, report }))
  }
}

/** Both servers export the same records of the title and of each player. */
async function expectEqual(dialect: string, title: string): Promise<void> {
  for (const of of [{}, { playerId: 'ada' }, { playerId: 'bob' }]) {
    const [theirs, ours] = await Promise.all(
      [there, here].map(async (each) => recordsIn(dialect, await each.exported(dialect, title, of))),
    )
    expect(ours).toEqual(theirs)
    expect(theirs?.length).toBeGreaterThan(0)
  }
}

/** Returns the records of a document, without its spelling. Where there are codes, the platform's API need not return its ids. */
function recordsIn(dialect: string, document: JsonValue) {
  const adapter = adapterOf(dialect)
  return samplesIn(adapter, document).map((sample) => {
    const { achievement, ...others } = decodeSample(adapter, sample).result
    const ids = adapter.hasCodes ? {} : achievement?.ids
    return { ...others, achievement: achievement && { ...achievement, ids, extensions: {} } }
  })
}
