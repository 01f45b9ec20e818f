import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { serveFile } from '../support/file-server.ts'
import { runLaurelHere, startCommand } from '../support/laurel.ts'
import { lastingAddresses, type ServerProcess, startServerProcess } from '../support/server.ts'

/* Migrations by the command line: files, URLs and folders, interrupted, repeated, verified and rolled back. */

let database: TestDatabase
let server: ServerProcess
let folder: string
let addresses: Readonly<Record<string, string>>
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-migrate-'))
  database = await createTestDatabase()
  addresses = await lastingAddresses()
  server = await startServerProcess({ databaseUrl: database.url, env: addresses })
  env = { LAUREL_GRPC_ADDRESS: server.address }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const laurel = (...args: readonly string[]) => runLaurelHere(args, env)

async function titleWith(title: string): Promise<void> {
  for (const args of [
    ['titles', 'create', title],
    ['achievements', 'create', title, 'first', '--name-text', 'First'],
    ['achievements', 'create', title, 'second', '--name-text', 'Second'],
  ]) {
    const { code, stderr } = await laurel(...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  }
}

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

const HEADER = 'player_id,achievement_id,percent,unlocked_at'
const row = (index: number) => `p${index},${index % 2 === 0 ? 'first' : 'second'},${index % 100},`
const table = (count: number) =>
  `${HEADER}\n${Array.from({ length: count }, (_, index) => `${row(index)}\n`).join('')}`

const MAPPING = {
  format: 'MIGRATION_FORMAT_CSV',
  player: { field: 'player_id' },
  achievement: { field: 'achievement_id' },
  values: [{ field: 'percent', unit: 'MIGRATION_UNIT_PERCENT' }],
}
const mappingFile = () => file('mapping.json', JSON.stringify(MAPPING))

/** Returns the job that `run --json` printed. */
async function run(title: string, job: string, ...more: readonly string[]) {
  const { code, stdout, stderr } = await laurel(
    'migrate',
    'run',
    ...more,
    '--title',
    title,
    '--job',
    job,
    '--json',
  )
  return { code, stderr, job: stdout === '' ? undefined : JSON.parse(stdout) }
}

async function percentOf(title: string, player: string): Promise<readonly number[]> {
  const { stdout } = await laurel('progress', 'list', title, player, '--json')
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).progress.percent)
}

test('plans, imports, repeats, verifies, corrects refusals and takes back', async () => {
  await titleWith('whole')
  const input = await file(
    'progress.csv',
    `${HEADER}\nann,first,100,2023-04-01T12:33:44Z\nbob,first,40,\ncat,second,400,\ndan,nowhere,10,\n`,
  )
  const mapping = join(folder, 'proposed.json')
  const planned = await laurel('migrate', 'plan', input, '--title', 'whole', '--write-mapping', mapping)
  expect(planned.stdout).toContain(
    'format: a table with the columns player_id, achievement_id, percent, unlocked_at',
  )
  expect(planned.stdout).toContain('of the first 4 records: ')
  expect(await percentOf('whole', 'ann')).not.toContain(100)

  // The proposal takes percents up to 10,000 for hundredths.
  const proposal = JSON.parse(await readFile(mapping, 'utf8'))
  expect(proposal.values).toEqual([expect.objectContaining({ field: 'percent', scale: 0.01 })])
  proposal.values[0].scale = 1
  await writeFile(mapping, JSON.stringify(proposal))

  const refusals = join(folder, 'refused.csv')
  const options = [input, '--mapping', mapping, '--refusals', refusals]
  const first = await run('whole', 'a', ...options)
  expect(first).toMatchObject({ code: 1, job: { newCount: '2', refusedCount: '2' } })
  const again = await run('whole', 'a', ...options, '--max-refusals', '2')
  expect(again).toMatchObject({ code: 0, job: { newCount: '2', refusedCount: '2', recordCount: '4' } })
  const repeated = await run('whole', 'b', ...options, '--max-refusals', '2')
  expect(repeated).toMatchObject({ code: 0, job: { newCount: '0', changedCount: '0', unchangedCount: '2' } })

  const refused = await readFile(refusals, 'utf8')
  expect(refused.split('\n')[0]).toBe(`${HEADER},laurel_reason`)
  expect(refused).toContain('cat,second,400,,"percent: must be a number from 0 to 100')
  const corrected = await file('corrected.csv', refused.replace('400', '40').replace('nowhere', 'second'))
  expect(await run('whole', 'c', corrected, '--mapping', mapping)).toMatchObject({
    code: 0,
    job: { newCount: '2', refusedCount: '0' },
  })
  expect(await percentOf('whole', 'cat')).toContain(40)

  const report = join(folder, 'report.json')
  const verified = await laurel(
    'migrate',
    'verify',
    corrected,
    '--title',
    'whole',
    '--job',
    'c',
    '--report',
    report,
  )
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('2 records: 2 equal') })
  expect(JSON.parse(await readFile(report, 'utf8'))).toHaveLength(1)

  const back = await laurel('migrate', 'rollback', 'whole', 'c', '--reason', 'a test')
  expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining('2 deleted, 0 restored, 0 stay') })
  expect(await percentOf('whole', 'cat')).not.toContain(40)
  expect(await percentOf('whole', 'ann')).toContain(100)
})

test('reads a compressed file, a folder of documents and standard input', async () => {
  await titleWith('kinds')
  const mapping = await mappingFile()
  const gz = await file('rows.csv.gz', gzipSync(table(50)))
  expect(await run('kinds', 'gz', gz, '--mapping', mapping)).toMatchObject({
    code: 0,
    job: { newCount: '50' },
  })

  const players = join(folder, 'players')
  await mkdir(join(players, 'b'), { recursive: true })
  const document = (percent: number) =>
    JSON.stringify({ achievements: [{ id: 'first', percent }] }, undefined, 2)
  await writeFile(join(players, 'x1.json'), document(30))
  await writeFile(join(players, 'b', 'x2.json'), `\ufeff${document(60)}`)
  const proposed = join(folder, 'players-mapping.json')
  const plan = await laurel('migrate', 'plan', players, '--title', 'kinds', '--write-mapping', proposed)
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('player: the name of the file') })
  expect(await run('kinds', 'folder', players, '--mapping', proposed)).toMatchObject({
    code: 0,
    job: { newCount: '2' },
  })
  expect(await percentOf('kinds', 'x2')).toContain(60)

  const truncated = await file('cut.csv.gz', gzipSync(table(50)).subarray(0, 100))
  const cut = await run('kinds', 'cut', truncated, '--mapping', mapping)
  expect(cut).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is cut short, or not compressed with gzip'),
  })

  const piped = startCommand(
    'src/cli/main.ts',
    ['migrate', 'run', '-', '--title', 'kinds', '--job', 'pipe', '--mapping', mapping],
    { env },
  )
  piped.process.stdin?.end(`${HEADER}\npiped,first,20,\n`)
  expect(await piped.result).toMatchObject({ code: 0, stdout: expect.stringContaining('1 new') })

  const both = [gz, '--identities', gz, '--mapping', mapping]
  expect(await run('kinds', 'both', ...both)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('cannot be an input and the identity map'),
  })
})

test('reads the players of another Laurel', async () => {
  await titleWith('moving')
  const mapping = await mappingFile()
  const input = await file('moving.csv', `${HEADER}\nmover,first,100,\nmover,second,20,\n`)
  expect(await run('moving', 'a', input, '--mapping', mapping)).toMatchObject({
    code: 0,
    job: { newCount: '2' },
  })
  const other = await file('laurel.json', JSON.stringify({ format: 'MIGRATION_FORMAT_LAUREL' }))
  const source = `laurel://${server.address}`
  const second = await run('moving', 'b', source, '--mapping', other)
  expect(second).toMatchObject({ code: 0, job: { newCount: '0', unchangedCount: '2', refusedCount: '0' } })
})

test('takes no further input of a job that has ended', async () => {
  await titleWith('ended')
  const mapping = await mappingFile()
  expect(await run('ended', 'a', await file('one.csv', table(1)), '--mapping', mapping)).toMatchObject({
    code: 0,
  })
  expect(await run('ended', 'a', await file('two.csv', table(2)), '--mapping', mapping)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('migration job a has ended and takes no more input\nuse another --job'),
  })
})

test.each([false, true])(
  'says when a file has changed since the job read it; compressed: %s',
  async (isGzip) => {
    const title = isGzip ? 'changed-gz' : 'changed'
    await titleWith(title)
    const mapping = await mappingFile()
    const write = (count: number) =>
      isGzip ? file('grows.csv.gz', gzipSync(table(count))) : file('grows.csv', table(count))
    const options = [await write(3), '--mapping', mapping, '--keep-open']
    for (let time = 0; time < 2; time += 1)
      expect(await run(title, 'a', ...options)).toMatchObject({ code: 0 })
    await write(4)
    expect(await run(title, 'a', ...options)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not the input that the job has read: it has changed since'),
    })
  },
)

test.each([true, false])('reads a URL whose connections break; with ranges: %s', async (hasRanges) => {
  const title = hasRanges ? 'ranges' : 'no-ranges'
  await titleWith(title)
  const mapping = await mappingFile()
  await using files = await serveFile(await file('export.csv', table(400)))
  files.hasRanges = hasRanges
  files.cutAfter = hasRanges ? 3000 : Number.POSITIVE_INFINITY
  const done = await run(title, 'url', `${files.url}?X-Amz-Signature=1`, '--mapping', mapping)
  expect(done).toMatchObject({ code: 0, job: { newCount: '400', recordCount: '400' } })
  expect(new Set(files.requests).size).toBeGreaterThan(hasRanges ? 1 : 0)
  // Another signature of the same file is the same input.
  const again = await run(title, 'url', `${files.url}?X-Amz-Signature=2`, '--mapping', mapping)
  expect(again).toMatchObject({ code: 0, job: { recordCount: '400' } })
})

test('refuses a URL whose file has changed since the job began to read it', async () => {
  await titleWith('versions')
  const mapping = await mappingFile()
  await using files = await serveFile(await file('versions.csv', table(10)))
  expect(await run('versions', 'url', files.url, '--mapping', mapping, '--keep-open')).toMatchObject({
    code: 0,
  })
  files.version = '"v2"'
  expect(await run('versions', 'url', files.url, '--mapping', mapping)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('import it with another --job'),
  })
})

test('goes on after Ctrl-C, and while the server is killed and started again', async () => {
  await titleWith('kills')
  const mapping = await mappingFile()
  const count = 30_000
  const input = await file('large.csv', table(count))
  await using slow = await serveFile(input)
  slow.cutAfter = 400_000
  const args = ['migrate', 'run', slow.url, '--title', 'kills', '--job', 'a', '--mapping', mapping, '--json']
  const interrupted = startCommand('src/cli/main.ts', args, { env })
  while (slow.requests.length < 2) await sleep(20)
  interrupted.process.kill('SIGINT')
  expect((await interrupted.result).code).toBe(130)

  const running = startCommand('src/cli/main.ts', args, { env })
  const before = slow.requests.length
  while (slow.requests.length < before + 2) await sleep(20)
  await server.kill('SIGKILL')
  server = await startServerProcess({ databaseUrl: database.url, env: addresses })
  const { code, stdout } = await running.result
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    recordCount: String(count),
    newCount: String(count),
    refusedCount: '0',
  })
  const verified = await laurel('migrate', 'verify', slow.url, '--title', 'kills', '--job', 'a')
  expect(verified).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${count} records: ${count} equal`),
  })
})
