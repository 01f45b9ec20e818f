import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runLaurel, startCommand } from '../support/laurel.ts'
import { type RunningServer, startServer } from '../support/server.ts'

let database: TestDatabase
let server: RunningServer
let auth: Awaited<ReturnType<typeof createAuth>>
beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth(['race'])
  server = await startServer({ databaseUrl: database.url, env: auth.env })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

const environment = () => ({ LAUREL_GRPC_ADDRESS: server.address, LAUREL_TOKEN: auth.operator })
const call = (args: readonly string[], input?: string) =>
  runLaurel(['call', ...args], { env: environment(), ...(input === undefined ? {} : { input }) })

test('an RPC is called with the token of the environment, and prints its response', async () => {
  const title = '{"title": {"title_id": "race", "displayName": "Race", "default_locale": "en"}}'
  const created = await call(['TitleService/CreateTitle', title])
  expect(JSON.parse(created.stdout).title).toMatchObject({ titleId: 'race', displayName: 'Race' })
  const read = await call(['laurel.v1.TitleService/GetTitle', '-'], '{"title_id": "race"}')
  expect(JSON.parse(read.stdout)).toEqual(JSON.parse(created.stdout))
  const env = { LAUREL_GRPC_ADDRESS: server.address }
  const anonymous = await runLaurel(['call', 'TitleService/ListTitles'], { env })
  expect([anonymous.code, anonymous.stderr]).toEqual([1, expect.stringMatching(/\(UNAUTHENTICATED\)/)])
})

test('a stream prints a line for each response, until it is interrupted', async () => {
  const watch = ['call', 'EventService/WatchProgress', '{"title_id": "race"}']
  const { process: child, result } = startCommand('src/cli/main.ts', watch, { env: environment() })
  await new Promise((resolve) => child.stdout?.once('data', resolve))
  child.kill('SIGINT')
  const { code, stdout } = await result
  expect(code).toBe(130)
  expect(JSON.parse(stdout.split('\n')[0] ?? '')).toHaveProperty('resumeToken')
  const item = { titleId: 'race', playerId: 'ada', achievementId: 'none', percent: 5 }
  const progress = await call(['ProgressService/StreamProgress', JSON.stringify({ items: [item] })])
  expect(JSON.parse(progress.stdout).results[0].error.details[0].reason).toBe('ACHIEVEMENT_NOT_FOUND')
})

test.each([
  [['TitleService/GetTitle', '{"titel_id": "x"}'], /titel_id is no field of GetTitleRequest/],
  [['TitleService/GetTitle', '{}'], /title_id must be set/],
  [['TitleService/GetTitle', '{'], /not valid JSON/],
  [['TitleService/GetTitel', '{}'], /has no method "GetTitel": CreateTitle, GetTitle/],
  [['Titles/GetTitle', '{}'], /no service "Titles": .*TitleService/],
  [['TitleService/GetTitle', '{"title_id": "none"}'], /title none does not exist \(TITLE_NOT_FOUND\)/],
])('%j fails with the remedy', async (args, message) => {
  const { code, stdout, stderr } = await call(args)
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(message)])
})
