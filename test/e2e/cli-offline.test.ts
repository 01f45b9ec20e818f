import { readFile, rm } from 'node:fs/promises'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { parseJson } from '../../src/dialect/json-text.ts'
import { PLACEMENTS } from '../../src/store/citus/placements.ts'
import { decodeSample, samplesIn } from '../conformance/subjects.ts'
import { skipOnCluster } from '../support/citus.ts'
import { createDataFolder } from '../support/data-folder.ts'
import { createTestDatabase } from '../support/database.ts'
import { onDatabase } from '../support/deliveries.ts'
import { sampleOf } from '../support/dialect-fixtures.ts'
import { adapterOf, CODED, UNCODED } from '../support/documents.ts'
import { runLaurel, runLaurelHere } from '../support/laurel.ts'
import { startServer } from '../support/server.ts'

const DOCUMENT = sampleOf(CODED)
/** Port 1 is reserved for tcpmux, which no machine runs. */
const NO_SERVER = { LAUREL_GRPC_ADDRESS: '127.0.0.1:1' }

/** Returns the names of the achievements in a document. */
function namesIn(dialect: string, text: string): readonly unknown[] {
  const adapter = adapterOf(dialect)
  return samplesIn(adapter, parseJson(text)).map((sample) => {
    return decodeSample(adapter, sample).result.achievement?.name.text
  })
}

describe('without a server', () => {
  test('translates documents from files and from standard input', async () => {
    const args = ['translate', '--from', CODED, '--to', UNCODED]
    const { code, stdout, stderr } = await runLaurel([...args, DOCUMENT], { env: NO_SERVER })
    expect(code).toBe(0)
    const input = await readFile(DOCUMENT, 'utf8')
    const [theirs, ours] = [namesIn(CODED, input), namesIn(UNCODED, stdout)]
    expect(theirs.length).toBeGreaterThan(1)
    expect(ours).toEqual(theirs)
    expect(stderr).toMatch(/^\d+ losses/)
    expect(await runLaurel([...args, '-'], { input })).toMatchObject({ code: 0, stdout })
    const { shapes, usualShapes } = adapterOf(UNCODED)
    const other = shapes.find(
      ({ name, carries }) => name !== usualShapes.definition && carries.includes('definition'),
    )
    const shaped = await runLaurel([...args, '-', '--shape', other?.name ?? '', '--json'], { input })
    expect(JSON.parse(shaped.stdout)).not.toEqual(JSON.parse(stdout))
    expect(namesIn(UNCODED, shaped.stdout)).toEqual(theirs)
    expect(JSON.parse(shaped.stderr)).toMatchObject({ summary: { entryCount: theirs.length } })
  })

  test('reports an error of a document in one line', async () => {
    const args = ['translate', '--from', UNCODED, '--to', CODED, '-']
    expect(await runLaurel(args, { input: '[{"id": "1",}' })).toMatchObject({
      code: 1,
      stderr:
        'laurel: the document is not JSON: line 1, column 14: the document is cut short (DOCUMENT_MALFORMED)\n',
    })
    const shape = await runLaurel([...args, '--shape', 'none'], { input: '[]' })
    const names = adapterOf(CODED).shapes.map(({ name }) => name)
    expect(shape.stderr).toBe(`laurel: --shape must be one of ${CODED}'s: ${names.join(', ')}\n`)
    const missing = await runLaurel([...args.slice(0, -1), 'nowhere.json'])
    expect(missing).toMatchObject({
      code: 1,
      stderr: 'laurel: cannot read nowhere.json: there is no such file or folder\n',
    })
  })

  test('lists the dialects', async () => {
    const { code, stdout } = await runLaurelHere(['dialects'])
    expect(code).toBe(0)
    for (const { id, displayName, shapes } of adapters) {
      const [{ name, carries } = expect.fail(`${id} has no shape`)] = shapes
      expect(stdout).toMatch(new RegExp(`^${id} +${displayName} +${name} +${carries[0]}`, 'm'))
    }
    const described = JSON.parse((await runLaurelHere(['dialects', '--json'])).stdout)
    expect(described.map(({ id }: { id: string }) => id)).toEqual(adapters.map(({ id }) => id))
  })

  test('import and export say that they need one', async () => {
    for (const args of [
      ['import', CODED, DOCUMENT],
      ['export', CODED, '--title', 'any'],
    ]) {
      expect(await runLaurelHere(args, NO_SERVER)).toEqual({
        code: 1,
        stdout: '',
        stderr:
          'laurel: cannot reach a Laurel server at 127.0.0.1:1: ' +
          'start one with npm start, or set LAUREL_CA_FILE if it speaks TLS\n',
      })
    }
  })
})

describe('a wrong command line', () => {
  test.each([
    ['without a command', []],
    ['with an unknown command', ['fly']],
    ['with an unknown option', ['dialects', '--loud']],
    ['without a required option', ['export', CODED]],
    ['with a request for the help of an unknown command', ['fly', '--help']],
    ['with options that exclude each other', ['import', CODED, '-', '--progress-only', '--allow-rebinding']],
    ['with one player and all of them', ['export', CODED, '--title', 't', '--player', 'p', '--progress']],
  ])('%s ends with 2', async (_, args) => {
    const { code, stdout, stderr } = await runLaurelHere(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  test('with an unknown dialect lists the known ones', async () => {
    const { code, stderr } = await runLaurelHere(['import', 'steam', '-'])
    expect(code).toBe(2)
    expect(stderr).toContain(adapters.map(({ id }) => id).join(', '))
  })

  test('with --help or help prints the help', async () => {
    const commands = [['--help'], ['help'], ['import', '--help'], ['export', '--help']]
    for (const args of commands) {
      const { code, stdout, stderr } = await runLaurelHere(args)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('LAUREL_GRPC_ADDRESS')
    }
  })

  test('does not send a token unencrypted to another machine', async () => {
    const env = { LAUREL_GRPC_ADDRESS: 'laurel.example:50051', LAUREL_TOKEN: 'a-secret' }
    const { code, stderr } = await runLaurelHere(['export', CODED, '--title', 'x'], env)
    expect([code, stderr]).toEqual([
      1,
      'laurel: LAUREL_TOKEN would go to laurel.example:50051 in the clear: set LAUREL_CA_FILE to speak TLS\n',
    ])
  })

  test('with --version prints the version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8'))
    expect(await runLaurel(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})

test.each(['serve', 'db migrate', 'db distribute'])(
  '%s names DATABASE_URL but not its value when the database cannot be reached',
  async (command) => {
    const env = { DATABASE_URL: 'postgres://ada:lovelace@127.0.0.1:1/laurel' }
    expect(await runLaurelHere(command.split(' '), env)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'laurel: the database of DATABASE_URL cannot be reached: connect ECONNREFUSED 127.0.0.1:1\n',
    })
  },
)

describe('db', () => {
  test('migrates the embedded database unless a server uses it', async () => {
    const folder = await createDataFolder('db')
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => rm(folder, { recursive: true, force: true }))
    const env = { LAUREL_DATA_DIR: folder }
    expect(await runLaurel(['db', 'migrate'], { env })).toMatchObject({ code: 0, stderr: '' })
    await using _server = await startServer({ env })
    const used = await runLaurel(['db', 'migrate'], { env })
    expect(used).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^laurel: data directory .* is in use/),
    })
  })

  test('says that a database without Citus cannot distribute, and which step is missing', async ({
    skip,
  }) => {
    skipOnCluster(skip, 'the database has Citus')
    await using database = await createTestDatabase()
    const { code, stdout, stderr } = await runLaurel(['db', 'distribute'], {
      env: { DATABASE_URL: database.url },
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    const installed = "select from pg_available_extensions where name = 'citus'"
    const [isInstalled] = await onDatabase(database.url, installed)
    expect(stderr).toBe(
      isInstalled
        ? 'laurel: the Citus extension is installed but not enabled in this database: run CREATE EXTENSION citus in it, on each node\n'
        : 'laurel: this Postgres has no Citus extension, so there is nothing to distribute the tables over: point DATABASE_URL at ' +
            'the coordinator of a Citus cluster\n',
    )
  })

  test('says how many shards there may be', async () => {
    const { code, stderr } = await runLaurelHere(['db', 'distribute', '--shards', '0'])
    expect(code).toBe(2)
    expect(stderr).toContain('It must be a whole number from 1 to 64000.')
  })

  test('has a placement of every table, after the tables that it refers to, by a column of its keys', async ({
    skip,
  }) => {
    skipOnCluster(skip, 'the schema has partitions and the views of Citus')
    await using database = await createTestDatabase()
    const client = new Client({ connectionString: database.url })
    await client.connect()
    const { rows: tables } = await client.query<{ name: string }>(
      `select table_name as name from information_schema.tables
      where table_schema = 'public' and table_name not like 'kysely%'`,
    )
    const { rows: references } = await client.query<{ table: string; target: string }>(
      `select conrelid::regclass::text as table, confrelid::regclass::text as target
      from pg_constraint where contype = 'f'`,
    )
    const { rows: keys } = await client.query<{ table: string; columns: string[] }>(
      `select conrelid::regclass::text as table, array(select attname::text from pg_attribute
        where attrelid = conrelid and attnum = any(conkey)) as columns
      from pg_constraint where contype in ('p', 'u')`,
    )
    await client.end()
    const withIds = Object.keys(PLACEMENTS)
    expect([...withIds].sort()).toEqual(tables.map(({ name }) => name).sort())
    expect(references.length).toBeGreaterThan(5)
    for (const { table, target } of references) {
      expect(withIds.indexOf(target), `${table} refers to ${target}`).toBeLessThanOrEqual(
        withIds.indexOf(table),
      )
    }
    for (const { table, columns } of keys) {
      // The distribution gives them another key.
      if (table === 'accounts') continue
      const placement = PLACEMENTS[table as keyof typeof PLACEMENTS]
      if (placement?.kind === 'distributed') expect(columns, `a key of ${table}`).toContain(placement.column)
    }
  })
})
