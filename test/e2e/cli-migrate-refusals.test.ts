import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dialects } from '../../src/registry.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runLaurelHere, startCommand } from '../support/laurel.ts'
import { type RunningServer, startServer } from '../support/server.ts'

let database: TestDatabase
let server: RunningServer
let folder: string
let jobs = 0

const laurel = (...args: readonly string[]) => runLaurelHere(args, { LAUREL_GRPC_ADDRESS: server.address })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-refusals-'))
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  await laurel('titles', 'create', 't')
  await laurel('achievements', 'create', 't', 'first', '--name-text', 'First')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

/** Runs a job of its own, and returns its counts with the file of its refusals. */
async function run(mapping: object, inputs: readonly string[], ...more: readonly string[]) {
  jobs += 1
  const refusals = join(folder, `refused-by-${jobs}.csv`)
  const job = [
    '--title',
    't',
    '--job',
    `job-${jobs}`,
    '--mapping',
    await file('mapping.json', JSON.stringify(mapping)),
  ]
  const { code, stdout, stderr } = await laurel(
    'migrate',
    'run',
    ...inputs,
    ...job,
    '--refusals',
    refusals,
    '--json',
    ...more,
  )
  const { newCount = '0', refusedCount = '0' } = stdout === '' ? {} : JSON.parse(stdout)
  return { code, stderr, counts: [newCount, refusedCount], refusals, text: await readFile(refusals, 'utf8') }
}

const FIELDS = { player: { field: 'player' }, achievement: { field: 'achievement' } }
const TABLE = { ...FIELDS, format: 'MIGRATION_FORMAT_CSV' }
const progress = {
  state: 'in_progress',
  values: {},
  reportedPercent: 3,
  percent: 3,
  revoked: false,
  writer: 'w',
  extensions: {},
}
const [dialect = ''] = dialects.keys()
const jsonLine = '{"player":"json","achievement":"nowhere",}\n'
const laurelLine = `${JSON.stringify({ kind: 'progress', titleId: 't', playerId: 'own', achievementId: 'nowhere', progress })}\n`

test.each<[string, object, string]>([
  ['a table', TABLE, 'player,achievement\ncsv,nowhere\n'],
  ['a table with semicolons', TABLE, '"player";"achievement"\nsemicolons;nowhere\n'],
  ['JSON lines', { ...FIELDS, format: 'MIGRATION_FORMAT_JSON_LINES' }, jsonLine],
  ["Laurel's own lines", { format: 'MIGRATION_FORMAT_LAUREL' }, laurelLine],
])('the refusals of %s are fed again, refused again, and then corrected', async (_, mapping, text) => {
  let input = await file('input.csv', text)
  for (let time = 1; time <= 3; time += 1) {
    const { code, counts, refusals, text } = await run(mapping, [input])
    expect({ code, counts }).toEqual({ code: 1, counts: ['0', '1'] })
    expect(text.match(/laurel_reason(_\d)?/g)).toHaveLength(time)
    input = refusals
  }
  await writeFile(input, (await readFile(input, 'utf8')).replace(/\bnowhere([",;])/, 'first$1'))
  expect(await run(mapping, [input])).toMatchObject({ code: 0, counts: ['1', '0'] })
})

test('the refusals of a document are a document', async () => {
  const mapping = { format: 'MIGRATION_FORMAT_DIALECT_DOCUMENT', dialect }
  const first = await run(mapping, [await file('document.json', '[{"no": 1}, {"entry": 2}]')])
  expect(JSON.parse(first.text)).toEqual([
    { laurel_reason: expect.any(String), no: 1 },
    { laurel_reason: expect.any(String), entry: 2 },
  ])
  const second = await run(mapping, [first.refusals])
  expect(second.counts).toEqual(['0', '2'])
  expect(JSON.parse(second.text)).toHaveLength(2)
})

test('rows below different headers, and those of an identity map, are in files of their own', async () => {
  const inputs = [
    await file('a.csv', 'player,achievement\ntheirs,nowhere\n'),
    await file('b.csv', 'achievement,player\nnowhere,theirs\n'),
  ]
  const identities = await file('0.csv', 'theirs,ours\ntheirs,other\n')
  const mapping = { ...TABLE, player: { field: 'player', usesIdentities: true } }
  const { refusals, text, stderr, counts } = await run(mapping, inputs, '--identities', identities)
  expect(counts).toEqual(['0', '3'])
  const further = (number: number) => refusals.replace('.csv', `-${number}.csv`)
  expect(text).toMatch(/^player,achievement,laurel_reason\ntheirs,nowhere,"achievement nowhere.*"\n$/)
  expect(await readFile(further(2), 'utf8')).toMatch(
    /^theirs,other,"laurel_reason: the id theirs names player ours.*"\n$/,
  )
  expect(await readFile(further(3), 'utf8')).toMatch(
    /^achievement,player,laurel_reason\nnowhere,theirs,".*"\n$/,
  )
  expect(stderr).toContain(`the others are in ${further(2)}, ${further(3)}`)
  // The corrected map and rows.
  await writeFile(refusals, text.replace('nowhere', 'first'))
  expect(await run(mapping, [refusals], '--identities', further(2))).toMatchObject({
    code: 0,
    counts: ['1', '0'],
  })
})

test('the file of refusals is written without refusals, and has none of another job', async () => {
  const input = await file('good.csv', 'player,achievement\ngood,first\n')
  const stale = join(folder, `refused-by-${jobs + 1}.csv`)
  await writeFile(stale, 'player,achievement,laurel_reason\nold,nowhere,"an old reason"\n')
  const { code, text } = await run(TABLE, [input])
  expect({ code, text }).toEqual({ code: 0, text: 'player,achievement,laurel_reason\n' })
})

test('a command that fails or is interrupted ends, although standard input is still open', async () => {
  const args = [
    'migrate',
    'run',
    '-',
    '--title',
    't',
    '--mapping',
    await file('piped.json', JSON.stringify(TABLE)),
    '--job',
  ]
  const env = { LAUREL_GRPC_ADDRESS: server.address }
  const failing = startCommand('src/cli/main.ts', [...args, 'piped-1'], { env })
  failing.process.stdin?.write('player,other\n')
  expect(await failing.result).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'the mapping names the column "achievement", and the header has "player", "other"',
    ),
  })
  const interrupted = startCommand('src/cli/main.ts', [...args, 'piped-2'], { env })
  interrupted.process.stdin?.write('player,achievement\n')
  await expect.poll(() => laurel('migration-jobs', 'get', 't', 'piped-2')).toMatchObject({ code: 0 })
  interrupted.process.kill('SIGINT')
  expect((await interrupted.result).code).toBe(130)
})

test('a job whose refusals cannot be written is reported, and a file that would be another input is refused before', async () => {
  const input = await file('unwritable.csv', 'player,achievement\nann,nowhere\n')
  const mapping = await file('table.json', JSON.stringify(TABLE))
  const job = ['--title', 't', '--job', 'unwritable', '--mapping', mapping]
  expect(
    await laurel('migrate', 'run', input, ...job, '--refusals', join(folder, 'none', 'a.csv')),
  ).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('migration job unwritable succeeded with refusals'),
    stderr: expect.stringContaining('there is no such file or folder'),
  })
  const documents = { ...FIELDS, format: 'MIGRATION_FORMAT_PLAYER_DOCUMENTS' }
  const other = [
    '--title',
    't',
    '--job',
    'documents',
    '--mapping',
    await file('documents.json', JSON.stringify(documents)),
  ]
  expect(await laurel('migrate', 'run', input, ...other, '--refusals', 'refused.json')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('must not end with .json'),
  })
})
