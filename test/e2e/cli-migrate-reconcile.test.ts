import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CreatePlayerRequest, PlayerServiceClient } from '../../src/gen/laurel/v1/player_service.ts'
import { ProgressServiceClient, RecordProgressRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { bridges, sources } from '../../src/registry.ts'
import { BINDINGS } from '../support/bound-title.ts'
import { callUnary, createClient } from '../support/client.ts'
import { byDialect, fixturesOf } from '../support/dialect-fixtures.ts'
import { codeOf } from '../support/documents.ts'
import { createPulledTitle, expectSameRecords } from '../support/pulled-title.ts'
import { bindingOptions, openPullHouse, type PullHouse } from '../support/pulls.ts'

/* Migrations from the live API of another Laurel, and what three sides have afterwards. */

let here: PullHouse

beforeAll(async () => {
  here = await openPullHouse()
})
afterAll(() => here[Symbol.asyncDispose]())

async function report(house: PullHouse, titleId: string, playerId: string, achievementId = '', value = 0) {
  using client = createClient(ProgressServiceClient, house.server.address)
  const request = { titleId, playerId, achievementId, report: { $case: 'percent' as const, value } }
  await callUnary(client, 'recordProgress', RecordProgressRequest.fromPartial(request))
}

describe('another Laurel', () => {
  const ACCOUNTS = {
    ada: byDialect(({ account }) => account(1)),
    bob: byDialect(({ account }) => account(2)),
  }
  let there: PullHouse

  beforeAll(async () => {
    there = await openPullHouse()
    // The same players have the same accounts on both servers.
    for (const { server } of [there, here]) {
      using players = createClient(PlayerServiceClient, server.address)
      for (const [playerId, ids] of Object.entries(ACCOUNTS)) {
        const accounts = Object.entries(ids).map(([dialect, accountId]) => ({ dialect, accountId }))
        const request = CreatePlayerRequest.fromPartial({ player: { playerId, accounts } })
        await callUnary(players, 'createPlayer', request)
      }
    }
  })
  afterAll(() => there[Symbol.asyncDispose]())

  test.each([...sources])(
    'by %s gives the same records, a second run changes nothing, and differences are found',
    async (dialect, { progress: { ownOnly, complete } }) => {
      const title = `harbor-${dialect}`
      await createPulledTitle(there, dialect, title)
      const url = there.server.url + fixturesOf(dialect).bridge?.basePath
      const own = ownOnly ? ['--player-credential', `file:${dialect}-{account}`] : []
      for (const { [dialect]: account } of Object.values(ACCOUNTS))
        await here.file(`${dialect}-${account}`, `Bearer ${account}`)
      const player = ['--player', `ada=${ACCOUNTS.ada[dialect]}`, ...own]
      const binding = bindingOptions(BINDINGS[dialect] ?? {})
      const pulled = await here.pull(
        dialect,
        '--title',
        title,
        '--from',
        url,
        ...player,
        ...binding,
        '--definitions-only',
      )
      expect(pulled).toMatchObject({ code: 0 })

      const first = await here.run(title, 'live', `${dialect}+${url}`, ...own)
      expect(first).toMatchObject({
        code: 0,
        stderr: '',
        job: { refusedCount: '0', state: expect.stringContaining('SUCCEEDED') },
      })
      expect(Number(first.job.newCount)).toBeGreaterThan(1)
      await expectSameRecords([there, here], dialect, title)

      const second = await here.run(title, 'live', `${dialect}+${url}`, ...own, '--delta')
      expect(second).toMatchObject({
        code: 0,
        job: { newCount: first.job.newCount, changedCount: '0', runCount: 2 },
      })
      expect(Number(second.job.recordCount)).toBe(2 * Number(first.job.recordCount))
      expect(
        await here.laurel(
          'migrate',
          'verify',
          `${dialect}+${url}`,
          ...own,
          '--title',
          title,
          '--job',
          'live',
        ),
      ).toMatchObject({ code: 0, stdout: expect.stringContaining(' 0 not covered, 0 missing; 0 refused') })

      // Each side goes on by itself.
      const [first1, counted, last] = [1, 2, 3].map((number) => codeOf(dialect, number))
      await report(there, title, 'bob', counted, 70)
      await report(here, title, 'ada', last, 100)
      await report(there, title, 'bob', last, 100)
      await report(here, title, 'bob', last, 100)
      const input = await here.file(
        'source.jsonl',
        [
          { player: 'ada', achievement: first1, percent: 100 },
          { player: 'bob', achievement: counted, percent: 90 },
        ]
          .map((line) => JSON.stringify(line))
          .join('\n'),
      )
      const values = [{ field: 'percent', unit: 'MIGRATION_UNIT_PERCENT' }]
      const fields = { player: { field: 'player' }, achievement: { field: 'achievement' }, values }
      const mapping = await here.file('lines.json', { format: 'MIGRATION_FORMAT_JSON_LINES', ...fields })
      await here.run(title, 'lines', await here.file('none.jsonl', ''), '--mapping', mapping)
      const reportFile = join(here.folder, `${dialect}.report.jsonl`)
      const key = ['--title', title, '--job', 'lines', '--report', reportFile, '--rate', '1000']
      const credential = ownOnly ? ['--player-credential', 'file:{dialect}-{account}'] : []
      const platform = ['--platform', `${dialect}+${url}`, ...credential]
      const reconciled = await here.laurel('migrate', 'reconcile', input, ...platform, ...key)
      expect(reconciled.code).toBe(1)
      const rows = (await readFile(reportFile, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      const rowOf = (playerId: string, achievementId = '') =>
        rows.find((row) => row.playerId === playerId && row.achievementId === achievementId)
      const { kinds = [] } = bridges.get(dialect) ?? {}
      expect(rowOf('bob', counted)).toMatchObject({
        ours: { percent: 40 },
        input: { verdict: 'behind', progress: { percent: 90 } },
        platforms: {
          [dialect]: { verdict: 'behind', progress: { percent: 70 }, account: ACCOUNTS.bob[dialect] },
        },
      })
      const lowering = rowOf('bob', counted).platforms[dialect].deadEnd
      expect(lowering ?? '').toMatch(kinds.includes('reset') ? /^$/ : /is ahead, and cannot be lowered: /)
      expect(rowOf('bob', last).platforms[dialect]).toMatchObject({
        verdict: 'unlock_time',
        deadEnd: 'the platform takes no unlock time, and keeps its own',
      })
      if (complete) {
        const { verdict, deadEnd } = rowOf('ada', last).platforms[dialect]
        expect([verdict, deadEnd]).toEqual([expect.stringMatching(/^(absent|exceeded)$/), undefined])
      }
      expect(rowOf('ada', first1)).toBeUndefined()
    },
  )
})
