import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CreatePlayerRequest, PlayerServiceClient } from '../../src/gen/laurel/v1/player_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { discord } from '../support/documents.ts'
import type { CommandResult } from '../support/laurel.ts'
import { openPullHouse, type Printed, type PullHouse } from '../support/pulls.ts'

/* Pulls from one Laurel server into another through each platform's API. */

const ACCOUNTS = {
  ada: {
    accelbyte: 'a1b2c3d4e5f60718293a4b5c6d7e8f90',
    discord: '80351110224678912',
    xbox: '2814616665093727',
  },
  bob: { accelbyte: 'bob/%2F 1', discord: '80351110224678913', xbox: '2814616665093728' },
}

const SAMPLES = { accelbyte: 'export', xbox: 'achievements' }

const APIS = { accelbyte: '/accelbyte', discord: '/discord/api/v9', xbox: '/xbox' }

type Dialect = keyof typeof APIS

let there: PullHouse
let here: PullHouse

beforeAll(async () => {
  ;[there, here] = await Promise.all([openPullHouse(), openPullHouse()])
  for (const [playerId, ids] of Object.entries(ACCOUNTS)) await createPlayer(there, playerId, ids)
  for (const account of Object.values(ACCOUNTS).map(({ discord }) => discord)) {
    await here.file(`discord-${account}`, `Bearer ${account}`)
  }
})

afterAll(async () => {
  await here[Symbol.asyncDispose]()
  await there[Symbol.asyncDispose]()
})

async function createPlayer(house: PullHouse, playerId: string, ids: Readonly<Record<string, string>>) {
  using players = createClient(PlayerServiceClient, house.server.address)
  const accounts = Object.entries(ids).map(([dialect, accountId]) => ({ dialect, accountId }))
  await callUnary(
    players,
    'createPlayer',
    CreatePlayerRequest.fromPartial({ player: { playerId, accounts } }),
  )
}

describe.each(['accelbyte', 'discord', 'xbox'] as const)('%s', (dialect) => {
  const title = `harbor-${dialect}`
  const players = Object.entries(ACCOUNTS).map(([id, ids]) => `--player=${id}=${ids[dialect]}`)
  const pull = (...more: readonly string[]) => {
    const own = dialect === 'discord' ? ['--player-credential', 'file:discord-{account}'] : []
    const from = ['--from', there.server.url + APIS[dialect]]
    return here.pull(dialect, '--title', title, ...from, ...own, ...players, ...more)
  }
  let binding: readonly string[]

  beforeAll(async () => {
    binding = await importSample(dialect, title)
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

/** Creates a title with progress on the first server. @returns its `--binding` for the second */
async function importSample(dialect: Dialect, title: string): Promise<readonly string[]> {
  const own = dialect === 'xbox' ? ['--player', 'ada'] : []
  const document = await there.file('sample.json', await sampleOf(dialect))
  await must(there.laurel('import', dialect, document, '--title', title, ...own))
  const printed = await there.exported(dialect, title)
  const entries = (dialect === 'xbox' ? printed.achievements : printed) as Printed[]
  const [first = {}] = entries
  switch (dialect) {
    case 'accelbyte': {
      const account = encodeURIComponent(ACCOUNTS.ada.accelbyte)
      const url = `${there.server.url}/accelbyte/achievement/v1/admin/namespaces/${first.Namespace}/users/${account}`
      const plain = entries.find(({ Incremental }) => !Incremental)
      await send('PUT', `${url}/achievements/${plain?.AchievementCode}/unlock`)
      const counted = entries.find(({ Incremental }) => Incremental)
      const row = { achievementCode: counted?.AchievementCode, status: 1, latestValue: 0.5 }
      const rows = await there.file('rows.json', [row])
      await must(
        there.laurel('import', dialect, rows, '--title', title, '--player', 'bob', '--progress-only'),
      )
      return ['--binding', `namespace=${first.Namespace}`]
    }
    case 'discord': {
      const application = first.application_id
      for (const [user, percent] of [
        [ACCOUNTS.ada.discord, 100],
        [ACCOUNTS.bob.discord, 29],
      ] as const) {
        // Discord hides a secret achievement until it is complete.
        for (const { id } of entries.filter(({ secret }) => !secret || percent === 100)) {
          const path = `/discord/api/v10/users/${user}/applications/${application}/achievements/${id}`
          await send('PUT', there.server.url + path, { percent_complete: percent })
        }
      }
      return ['--binding', `application_id=${application}`]
    }
    case 'xbox': {
      const [{ id: titleId }] = first.titleAssociations
      const url = `${there.server.url}/xbox/users/xuid(${ACCOUNTS.bob.xbox})/achievements/${first.serviceConfigId}/update`
      const achievements = [{ id: entries.at(-1).id, percentComplete: 29 }]
      const titled = { action: 'progressUpdate', serviceConfigId: first.serviceConfigId, titleId }
      await send('POST', url, { ...titled, userId: ACCOUNTS.bob.xbox, achievements })
      return ['--binding', `title_id=${titleId}`]
    }
  }
}

async function send(method: string, url: string, body?: object) {
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  // Each request as another caller, because of the rate limit.
  const headers = { 'content-type': 'application/json', authorization: `Bot ${randomUUID()}` }
  const { status } = await fetch(url, { method, headers, ...init })
  expect([url, status]).toEqual([url, expect.toSatisfy((code: number) => code < 300)])
}

async function must(running: Promise<CommandResult>): Promise<void> {
  const { code, stderr } = await running
  expect({ code, stderr }).toMatchObject({ code: 0 })
}

/** Both servers export the same documents of the title and of each player. */
async function expectEqual(dialect: Dialect, title: string): Promise<void> {
  // AccelByte's API does not return all ids of its export file.
  const exports = [dialect === 'accelbyte' ? { shape: 'rest' } : {}, { playerId: 'ada' }, { playerId: 'bob' }]
  for (const of of exports) {
    const [theirs, ours] = await Promise.all([there, here].map((each) => each.exported(dialect, title, of)))
    expect(ours).toEqual(theirs)
    expect((Array.isArray(theirs) ? theirs : (theirs.data ?? theirs.achievements)).length).toBeGreaterThan(0)
  }
}

/** A document without the parts that the platform's live lists do not have. */
async function sampleOf(dialect: Dialect): Promise<unknown> {
  if (dialect === 'discord') {
    return [
      discord(),
      discord({ id: '612233445566778900', secret: false, secure: false, name: { default: 'Dawn' } }),
    ]
  }
  const document = JSON.parse(await readFile(`adapters/${dialect}/testdata/${SAMPLES[dialect]}.json`, 'utf8'))
  if (dialect === 'accelbyte') return document
  const achievements = document.achievements.map(({ rarity: _, ...entry }: Printed) => ({
    ...entry,
    estimatedTime: '06:12:14',
  }))
  return { ...document, achievements }
}
