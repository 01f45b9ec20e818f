import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { parseJson } from '../../src/dialect/json-text.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import { decodeSample, samplesIn } from '../conformance/subjects.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { fixturesOf, sampleOf } from '../support/dialect-fixtures.ts'
import { ACCOUNTED, CODED, codeOf, dialectIdOf, entryOf, UNCODED, UNLOCK_TIME } from '../support/documents.ts'
import { type CommandOptions, type CommandResult, runLaurel, startCommand } from '../support/laurel.ts'
import { type RunningServer, startServer } from '../support/server.ts'

let database: TestDatabase
let server: RunningServer
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-cli-'))
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function laurel(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return runLaurel(args, { ...options, env: { LAUREL_GRPC_ADDRESS: server.address } })
}

async function imported(args: readonly string[]) {
  const { code, stdout } = await laurel(['import', ...args, '--json'])
  return { code, ...JSON.parse(stdout) }
}

/** Ids can belong to one title only. */
const bindings = new Map<string, number>()
function bindingFor(dialect: string, title: string) {
  if (!bindings.has(title)) bindings.set(title, 1000 + bindings.size)
  return fixturesOf(dialect).binding(bindings.get(title) ?? 0)
}

/** Two entries of a title in a dialect with codes. */
function entriesOf(title: string, parts: Partial<Achievement> = {}) {
  const times = { createTime: UNLOCK_TIME, updateTime: UNLOCK_TIME }
  const achievement = { tags: ['light'], ...times, ...parts }
  return [1, 2].map((number) => entryOf(CODED, { number, achievement, binding: bindingFor(CODED, title) }))
}

async function jsonOf(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'))
}

async function fileWith(name: string, content: unknown): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('an exported document is the imported one', () => {
  test.each(adapters)('$id', async (adapter) => {
    const { id: dialect } = adapter
    const file = sampleOf(dialect)
    const title = `round-${dialect}`
    const samples = samplesIn(adapter, parseJson(await readFile(file, 'utf8')))
    const hasProgress = samples.some((sample) => decodeSample(adapter, sample).result.progress !== undefined)
    const player = hasProgress ? ['--player', 'ada'] : []
    const { code, stdout } = await laurel(['import', dialect, file, '--title', title, ...player])
    expect(stdout).toContain(` for title ${title}, which was created: new `)
    expect(code).toBe(0)
    const shape = samples[0] && adapter.shapeOf?.(samples[0].entry, samples[0].context)
    const shaped = shape === undefined ? [] : ['--shape', shape]
    const exported = await laurel(['export', dialect, '--title', title, ...player, ...shaped])
    expect(exported.code).toBe(0)
    expect(JSON.parse(exported.stdout)).toEqual(await jsonOf(file))
  })

  test('through pipes and files', async () => {
    const input = JSON.stringify(entriesOf('pipes'))
    const { code } = await laurel(['import', CODED, '-', '--title', 'pipes'], { input })
    expect(code).toBe(0)
    const out = join(folder, 'pipes.json')
    const exported = await laurel(['export', CODED, '--title', 'pipes', '--out', out])
    expect(exported).toMatchObject({ code: 0, stdout: '' })
    expect(await jsonOf(out)).toEqual(JSON.parse(input))
    expect(await readdir(folder)).not.toContain('pipes.json.part')
  })

  test('unless its folder does not exist', async () => {
    const out = join(folder, 'nowhere', 'out.json')
    const { code, stderr } = await laurel(['export', CODED, '--title', `round-${CODED}`, '--out', out])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `laurel: cannot write ${out}: there is no such file or folder\n`,
    })
  })

  test('and an existing file stays unchanged when the export fails', async () => {
    const out = await fileWith('kept.json', 'as it was')
    const { code, stderr } = await laurel(['export', CODED, '--title', 'nowhere', '--out', out])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'laurel: title nowhere does not exist (TITLE_NOT_FOUND)\n',
    })
    expect(await readFile(out, 'utf8')).toBe('as it was')
    expect(await readdir(folder)).not.toContain('kept.json.part')
  })
})

describe('import', () => {
  test('changes nothing in a dry run or the second time', async () => {
    const document = await fileWith('twice.json', entriesOf('twice'))
    const dry = await imported([CODED, document, '--title', 'twice', '--dry-run'])
    expect(dry).toMatchObject({ code: 0, summary: { titleCreated: true, newCount: 2 } })
    const first = await imported([CODED, document, '--title', 'twice'])
    expect(first).toMatchObject({ code: 0, summary: { titleCreated: true, newCount: 2 }, losses: [] })
    const second = await imported([CODED, document, '--title', 'twice'])
    expect(second.summary).toMatchObject({ titleCreated: false, newCount: 0, unchangedCount: 2 })
    expect(second.outcomes).toEqual([
      { path: '$[0]', achievementId: codeOf(CODED, 1), kind: 'unchanged' },
      { path: '$[1]', achievementId: codeOf(CODED, 2), kind: 'unchanged' },
    ])
  })

  test('replaces achievements, or leaves them with --strategy leave-out', async () => {
    const title = ['--title', 'strategies']
    await imported([CODED, await fileWith('first.json', entriesOf('strategies').slice(0, 1)), ...title])
    const hidden = await fileWith('hidden.json', entriesOf('strategies', { hidden: true }).slice(0, 1))
    const left = await imported([CODED, hidden, ...title, '--strategy', 'leave-out'])
    expect(left.summary).toMatchObject({ ignoredCount: 1, replacedCount: 0 })
    const replaced = await imported([CODED, hidden, ...title])
    expect(replaced.summary).toMatchObject({ ignoredCount: 0, replacedCount: 1 })
  })

  test('matches entries with existing achievements by --map', async () => {
    await imported([CODED, await fileWith('joined.json', entriesOf('joined')), '--title', 'joined'])
    const id = dialectIdOf(UNCODED, 1)
    const entry = entryOf(UNCODED, { binding: bindingFor(UNCODED, 'joined') })
    const document = await fileWith('ids.json', [entry])
    const dry = await laurel(['import', UNCODED, document, '--title', 'joined', '--dry-run'])
    expect(dry.stdout).toMatch(new RegExp(`possible duplicates.*\\n.*\\n.*${id} +${codeOf(CODED, 1)}`))
    const map = await fileWith('map.json', { [id]: codeOf(CODED, 1) })
    const { outcomes } = await imported([UNCODED, document, '--title', 'joined', '--map', map])
    expect(outcomes).toEqual([{ path: '$[0]', achievementId: codeOf(CODED, 1), kind: 'replaced' }])
    const bad = await fileWith('bad.json', '{\n"a": 1}')
    const broken = await laurel(['import', UNCODED, document, '--map', bad])
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('"a" must be a string') })
  })

  test('reports progress that is less in the document than in Laurel as drift', async () => {
    const binding = bindingFor(ACCOUNTED, 'drifting')
    const definitions = await fileWith('definitions.json', [entryOf(ACCOUNTED, { binding })])
    await laurel(['import', ACCOUNTED, definitions, '--title', 'drifting'])
    const importPercent = async (percent: number, ...more: readonly string[]) => {
      const row = entryOf(ACCOUNTED, { binding, progress: { percent } })
      const document = await fileWith('progress.json', [row])
      const target = ['--title', 'drifting', '--player', 'ida', '--progress-only']
      return laurel(['import', ACCOUNTED, document, ...target, ...more])
    }
    expect((await importPercent(60)).stdout).not.toContain('drift:')
    const { code, stdout } = await importPercent(40)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /\ndrift: the platform has less progress than Laurel.*\n {2}player .*\n {2}ida +\S+ +in progress, 40 %.* in progress, 60 %/,
      ),
    })
    const { outcomes } = JSON.parse((await importPercent(40, '--json')).stdout)
    expect(outcomes).toMatchObject([{ drift: { theirs: { percent: 40 }, ours: { percent: 60 } } }])
  })

  test('lists failed entries and exits with 1', async () => {
    const [good = {}] = entriesOf('half')
    const bad = Object.fromEntries(Object.keys(good).map((member) => [member, 7]))
    const document = await fileWith('half.json', [good, bad])
    const { code, stdout } = await laurel(['import', CODED, document, '--title', 'half'])
    expect(code).toBe(1)
    expect(stdout).toContain('new 1, replaced 0, unchanged 0, ignored 0, failed 1')
    expect(stdout).toMatch(/\$\[1\] +\S+ +DOCUMENT_REFUSED +\$\[1\]\./)
    expect(await imported([CODED, document, '--title', 'half'])).toMatchObject({ code: 1 })
    const broken = await fileWith('all-broken.json', [bad])
    const none = await laurel(['import', CODED, broken, '--title', 'half'])
    expect(none.stdout).toMatch(
      /^read 1 entry for title half: new 0, replaced 0, unchanged 0, ignored 0, failed 1\n/,
    )
  })

  test('names no title for a document without entries', async () => {
    const { code, stdout } = await laurel(['import', CODED, await fileWith('empty.json', [])])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^read 0 entries: new 0, /)
  })

  test('reports the position of a JSON error, and stores nothing', async () => {
    const document = await fileWith('broken.json', '[\n  {"id": "1",\n   "name" "x"}\n]')
    const { code, stdout, stderr } = await laurel(['import', UNCODED, document, '--title', 'broken'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(
      'laurel: the document is not JSON: line 3, column 11: expected a colon after the member name (DOCUMENT_MALFORMED)\n',
    )
    expect(await laurel(['export', UNCODED, '--title', 'broken'])).toMatchObject({ code: 1 })
  })

  test('refuses ids of another title without --allow-rebinding', async () => {
    const document = await fileWith('owned.json', entriesOf('owner'))
    await imported([CODED, document, '--title', 'owner'])
    const refused = await laurel(['import', CODED, document, '--title', 'other'])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('(BOUND_TO_ANOTHER_TITLE)')
    expect(refused.stderr).toContain('add --allow-rebinding')
    const rebound = await imported([CODED, document, '--title', 'other', '--allow-rebinding'])
    expect(rebound).toMatchObject({ code: 0, summary: { newCount: 2 } })
  })

  test('exits with 130 when it is interrupted', async () => {
    const env = { LAUREL_GRPC_ADDRESS: server.address }
    const running = startCommand('src/cli/main.ts', ['import', UNCODED, '-', '--title', 'never'], { env })
    // More than a pipe's buffer: the write completes once the command reads.
    await new Promise((taken) => running.process.stdin?.write(`[${' '.repeat(1024 * 1024)}`, taken))
    running.process.kill('SIGINT')
    expect(await running.result).toEqual({ code: 130, stdout: '', stderr: 'laurel: interrupted\n' })
  })
})

describe('losses', () => {
  beforeAll(async () => {
    await imported([CODED, await fileWith('lossy.json', entriesOf('lossy')), '--title', 'lossy'])
  })

  test('are printed as a table or as JSON on standard error', async () => {
    const { code, stderr } = await laurel(['export', UNCODED, '--title', 'lossy'])
    expect(code).toBe(0)
    expect(stderr).toMatch(/^\d+ losses/)
    expect(stderr).toMatch(/dropped .*\$\[[\d*]+\]\.achievement\.tags +\S/)
    const { summary, losses } = JSON.parse(
      (await laurel(['export', UNCODED, '--title', 'lossy', '--json'])).stderr,
    )
    expect(losses).toHaveLength(summary.lossCount)
    expect(losses).toContainEqual(
      expect.objectContaining({
        kind: 'dropped',
        path: expect.stringMatching(/^\$\[\d+\]\.achievement\.tags$/),
        achievementId: expect.any(String),
      }),
    )
  })

  test('stop an export with --reject-losses', async () => {
    const { code, stderr } = await laurel(['export', UNCODED, '--title', 'lossy', '--reject-losses'])
    expect(code).toBe(1)
    expect(stderr).toContain('(LOSSES_REJECTED)')
    expect(stderr).toContain('leave out --reject-losses')
    expect(stderr).not.toMatch(/\n\s+at /)
  })
})
