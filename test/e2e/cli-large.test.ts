import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { CODED, entryOf, UNLOCK_TIME } from '../support/documents.ts'
import { runLaurel, startCommand } from '../support/laurel.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

const ENTRIES = 9_000
const MEBIBYTE = 2 ** 20
/** Node grows its heap before it collects garbage. The document as objects and strings would exceed this. */
const MAX_GROWTH = 300 * MEBIBYTE

let database: TestDatabase
let server: ServerProcess
let folder: string
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-large-'))
  database = await createTestDatabase()
  server = await startServerProcess({ databaseUrl: database.url })
  env = { LAUREL_GRPC_ADDRESS: server.address }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const text = { locale: 'en', text: 'on and on '.repeat(200), translations: {} }
const achievement = { description: text, createTime: UNLOCK_TIME, updateTime: UNLOCK_TIME }

/** Returns the peak memory of the server in bytes; 0 where the system does not report it. */
async function peakMemory(): Promise<number> {
  const status = await readFile(`/proc/${server.process.pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}

test('imports and exports a document of 20 MB in bounded memory', async () => {
  const document = JSON.stringify(
    Array.from({ length: ENTRIES }, (_, index) => entryOf(CODED, { number: index + 1, achievement })),
  )
  expect(document.length).toBeGreaterThan(20 * 1000 * 1000)
  const [file, out] = [join(folder, 'large.json'), join(folder, 'out.json')]
  await writeFile(file, document)
  const before = await peakMemory()
  const imported = await runLaurel(['import', CODED, file, '--title', 'large'], { env })
  expect(imported.stdout).toContain(`new ${ENTRIES}, replaced 0, unchanged 0, ignored 0, failed 0`)
  expect(imported.code).toBe(0)
  const exported = await runLaurel(['export', CODED, '--title', 'large', '--out', out], { env })
  expect(exported.code).toBe(0)
  expect((await peakMemory()) - before).toBeLessThan(MAX_GROWTH)
  expect(JSON.parse(await readFile(out, 'utf8'))).toEqual(JSON.parse(document))
})

test('ends an export silently when its output is closed', async () => {
  const args = ['export', CODED, '--title', 'large']
  const running = startCommand('src/cli/main.ts', args, { env })
  const { stdout } = running.process
  if (stdout === null) throw new Error('the command has no standard output')
  running.result.catch(() => {})
  await once(stdout, 'data')
  stdout.destroy()
  const [code] = await once(running.process, 'exit')
  expect(code).toBe(141)
})
