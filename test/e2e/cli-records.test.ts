import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runLaurelHere } from '../support/laurel.ts'
import { type RunningServer, startServer } from '../support/server.ts'

/* All records by the command line, from one server to another. */

let folder: string
const databases: TestDatabase[] = []
const servers: RunningServer[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-records-'))
  for (let index = 0; index < 2; index += 1) {
    const database = await createTestDatabase()
    databases.push(database)
    servers.push(await startServer({ databaseUrl: database.url }))
  }
  for (const args of [
    ['titles', 'create', 'lanternfall'],
    ['titles', 'create', 'other'],
    ['achievements', 'create', 'lanternfall', 'first', '--name-text', 'First'],
    ['players', 'create', 'ann', '--display-name', 'Ann'],
    ['progress', 'unlock', 'lanternfall', 'ann', 'first'],
  ])
    await succeed(0, ...args)
})
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
  for (const database of databases) await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const laurel = (server: number, ...args: readonly string[]) =>
  runLaurelHere(args, { LAUREL_GRPC_ADDRESS: servers[server]?.address ?? '' })

async function succeed(server: number, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await laurel(server, ...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

const withoutFirst = (text: string) => text.slice(text.indexOf('\n'))

test('an export into a compressed file comes back equal in another server, and again changes nothing', async () => {
  const [out, back] = [join(folder, 'all.zst'), join(folder, 'back.jsonl')]
  expect(await succeed(0, 'records', 'export', '--out', out)).toContain('has all records')
  const text = zstdDecompressSync(await readFile(out)).toString()
  const imported = `${out} is imported: ${text.trimEnd().split('\n').length} lines\n`
  expect(await succeed(1, 'records', 'import', out)).toBe(imported)
  expect(await succeed(1, 'records', 'import', out)).toBe(imported)
  await succeed(1, 'records', 'export', '--out', back)
  expect(withoutFirst(await readFile(back, 'utf8'))).toBe(withoutFirst(text))
  expect((await readdir(folder)).sort()).toEqual(['all.zst', 'back.jsonl'])
})

test('an export of a title goes to standard output, and has no other', async () => {
  const text = await succeed(0, 'records', 'export', 'lanternfall', '--out', '-')
  expect(text).toContain('"kind":"title"')
  expect(text).not.toContain('other')
})

test('a file that was cut, a title that is here, and one that does not exist fail with the reason', async () => {
  const whole = await succeed(0, 'records', 'export', 'lanternfall', '--out', '-')
  const file = join(folder, 'cut.jsonl')
  await writeFile(file, whole.slice(0, whole.indexOf('{"kind":"end"')))
  const cut = await laurel(1, 'records', 'import', file)
  expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining('without its line of the kind end') })
  await writeFile(file, whole)
  const taken = await laurel(1, 'records', 'import', file)
  expect(taken).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('line 2: title.titleId: must not be here'),
  })
  const out = join(folder, 'none')
  const missing = await laurel(0, 'records', 'export', 'none', '--out', out)
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('none') })
  expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([])
})
