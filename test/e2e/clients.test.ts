import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkCalls, type Outcome } from '../support/client-calls.ts'
import { compileCSharp, SAMPLES_BY_TOOLS } from '../support/client-samples.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { missingOf } from '../support/installed.ts'
import { execute, type InstalledClient, installClient } from '../support/packed-client.ts'
import { postJson } from '../support/post-json.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const noMono = missingOf('mcs', 'mono')
const newFolder = () => mkdtemp(join(tmpdir(), 'laurel-clients-'))

let folder: string
let client: InstalledClient
beforeAll(async () => {
  folder = await newFolder()
  client = await installClient(folder, [
    'src/clients/testdata/run-calls.ts',
    'src/clients/samples/typescript/unlock.ts',
  ])
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a client', () => {
  let outcomes: readonly Outcome[]

  test('in TypeScript, packed and installed elsewhere, makes all calls on the oldest Node', async () => {
    outcomes = await checkCalls(folder, (url, calls) => client.run('run-calls.js', [url, calls]))
  })

  test('in C# makes all calls under mono, with the outcomes of the TypeScript client', async ({ skip }) => {
    skip(noMono !== undefined, noMono)
    const program = await compileCSharp(folder, 'src/clients/testdata/RunCalls.cs')
    const run = (url: string, calls: string) => execute('mono', [program, url, calls])
    expect(await checkCalls(folder, run)).toEqual(outcomes)
  })
})

describe('a sample', () => {
  const TITLE = 'lanternfall'

  let database: TestDatabase
  let server: RunningServer
  beforeAll(async () => {
    database = await createTestDatabase()
    server = await startServer({ databaseUrl: database.url })
    const text = { locale: 'en', text: 'x' }
    const achievement = { titleId: TITLE, achievementId: 'first-lantern', name: text, description: text }
    const title = { titleId: TITLE, displayName: 'Lanternfall', defaultLocale: 'en' }
    for (const [path, message] of [
      ['TitleService/CreateTitle', { title }],
      ['AchievementService/CreateAchievement', { achievement }],
    ] as const) {
      expect((await postJson(`${server.url}/laurel.v1.${path}`, message)).status).toBe(200)
    }
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })

  /** Each sample unlocks an achievement, and prints the details of a request without a player. */
  const expectPrinted = (text: string) => {
    const [unlocked, failure, violation] = text.split('\n')
    expect(unlocked).toMatch(/^newly unlocked: true/i)
    expect(failure).toMatch(/^invalid_?argument INVALID_FIELD/i)
    expect(`${failure} ${violation}`).toMatch(/player_id must be set/)
  }

  test('in TypeScript runs', async () => {
    const text = await client.run('unlock.js', [server.url, TITLE])
    expectPrinted(text)
    expect(text).toMatch(/^event: first-lantern$/m)
  })

  test.for(SAMPLES_BY_TOOLS)('in $language runs', async (sample, { skip }) => {
    skip(sample.missing !== undefined, sample.missing)
    const own = await newFolder()
    try {
      expectPrinted(await sample.run(own, server, TITLE))
    } finally {
      await rm(own, { recursive: true, force: true })
    }
  })
})
