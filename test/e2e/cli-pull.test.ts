import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CreatePlayerRequest, PlayerServiceClient } from '../../src/gen/laurel/v1/player_service.ts'
import { sources } from '../../src/registry.ts'
import { BINDINGS } from '../support/bound-title.ts'
import { callUnary, createClient } from '../support/client.ts'
import { byDialect, fixturesOf } from '../support/dialect-fixtures.ts'
import { createPulledTitle, expectSameRecords } from '../support/pulled-title.ts'
import { bindingOptions, openPullHouse, type PullHouse } from '../support/pulls.ts'

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
    await createPulledTitle(there, dialect, title)
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
    await expectSameRecords([there, here], dialect, title)
  })

  test('is unchanged by a second pull, which needs no --binding', async () => {
    const { code, report } = await pull()
    expect(code).toBe(0)
    const { definitions, progress } = report
    expect(definitions).toEqual({ ...NONE, unchanged: definitions.unchanged })
    expect(progress).toEqual({ ...NONE, unchanged: progress.unchanged })
    expect(progress.unchanged).toBeGreaterThan(1)
    await expectSameRecords([there, here], dialect, title)
  })
})

const NONE = { new: 0, changed: 0, unchanged: 0, ignored: 0, refused: 0 }
