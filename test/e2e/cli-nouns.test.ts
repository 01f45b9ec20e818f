import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCommandServer } from '../support/command-server.ts'
import { missingOf } from '../support/installed.ts'
import { runLaurel, runLaurelHere } from '../support/laurel.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Runs a command at a terminal. */
const SCRIPT = '/usr/bin/script'
const missing = missingOf(SCRIPT)
if (missing !== undefined) console.log(`commands at a terminal are not tested: ${missing}`)

let server: Awaited<ReturnType<typeof startCommandServer>>
beforeAll(async () => {
  server = await startCommandServer()
})
afterAll(() => server[Symbol.asyncDispose]())

describe('a list', () => {
  beforeAll(async () => {
    for (const number of [1, 2, 3, 4, 5]) {
      const name = `Lap ${number}`
      const tag = number % 2 === 0 ? 'even' : 'odd'
      await server.done(
        'achievements',
        'create',
        'race',
        `lap-${number}`,
        '--name-text',
        name,
        '--tag',
        tag,
        'lap',
      )
    }
  })

  test('is printed as a table by default', async () => {
    const table = await server.done('achievements', 'list', 'race', '--tag', 'even', '--query', 'LAP')
    expect(table.split('\n')).toEqual([
      expect.stringMatching(/^# {2}achievement {2}name {3}kind {8}hidden {2}tags {7}updated$/),
      expect.stringMatching(/^2 {2}lap-2 {8}Lap 2 {2}persistent {2}false {3}even, lap {2}20\S+$/),
      expect.stringMatching(/^4 {2}lap-4 {8}Lap 4 /),
      'total size: 2',
      '',
    ])
  })

  test('is printed with --json as a line for each record of all pages', async () => {
    const codes = ['lap-1', 'lap-2', 'lap-3', 'lap-4', 'lap-5']
    const listed = await server.records('achievements', 'list', 'race', '--page-size', '2')
    expect(listed.map(({ achievementId }) => achievementId)).toEqual(codes)
    const newest = await server.records(
      'achievements',
      'list',
      'race',
      '--page-size',
      '2',
      '--limit',
      '3',
      '--descending',
    )
    expect(newest.map(({ achievementId }) => achievementId)).toEqual(codes.slice(2).reverse())
  })

  test('says when it has more records than the limit', async () => {
    expect(await server.done('achievements', 'list', 'race', '--limit', '2')).toMatch(
      /lap-2.*\ntotal size: 5\nthe first 2: --limit lists more\n$/,
    )
    expect(await server.done('achievements', 'list', 'race', '--limit', '5')).not.toContain('--limit')
  })
})

describe('a record', () => {
  test('is printed by field, or as JSON that --file accepts', async () => {
    const created = ['achievements', 'create', 'race', 'podium', '--name-text', 'Podium', '--hidden']
    expect(await server.done(...created)).toMatch(
      /\nachievement_id +podium\n.*\nname\.locale +en\nname\.text +Podium\n/,
    )
    const json = JSON.parse(await server.done('achievements', 'get', 'race', 'podium', '--json'))
    expect(json).toMatchObject({ achievementId: 'podium', hidden: true })
    const file = server.fileWith('podium.json', { ...json, tags: ['end'] })
    const copy = await server.done(
      'achievements',
      'create',
      'race',
      'podium-2',
      '--file',
      file,
      '--no-hidden',
      '--json',
    )
    expect(JSON.parse(copy)).toMatchObject({
      achievementId: 'podium-2',
      name: { text: 'Podium' },
      tags: ['end'],
    })
    expect(JSON.parse(copy)).not.toHaveProperty('hidden')
    await server.done('achievements', 'update', 'race', 'podium', '--file', file)
    const updated = JSON.parse(await server.done('achievements', 'get', 'race', 'podium', '--json'))
    expect(updated).toMatchObject({ hidden: true, tags: ['end'] })
    const stale = await server.laurel('achievements', 'update', 'race', 'podium', '--file', file)
    expect([stale.code, stale.stderr]).toEqual([1, expect.stringContaining('(ETAG_MISMATCH)')])
  })

  test('is updated in the fields of the options, also to an empty value', async () => {
    await server.done('titles', 'create', 'update', '--display-name', 'Before', '--mask-hidden-in-gateways')
    const update = [
      'titles',
      'update',
      'update',
      '--display-name',
      '',
      '--no-mask-hidden-in-gateways',
      '--json',
    ]
    const title = JSON.parse(await server.done(...update))
    expect(title).not.toHaveProperty('displayName')
    expect(title).not.toHaveProperty('maskHiddenInGateways')
    expect(await server.laurel('titles', 'update', 'update')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'laurel: there is nothing to change: add an option, or --file\n',
    })
  })

  test('is created once with a request id', async () => {
    const create = ['stats', 'create', 'race', 'laps', '--default-value', '1.5', '--request-id', 'one']
    const first = await server.done(...create)
    expect(first).toMatch(/\ndefault_value +1.5\n/)
    expect(await server.done(...create)).toBe(first)
  })
})

describe('a destructive command', () => {
  test('requires --yes without a terminal', async () => {
    await server.done('titles', 'create', 'gone')
    const refused = await server.laurel('titles', 'delete', 'gone')
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error: titles delete gone: Deletes a title. Add --yes to confirm.\n'),
    })
    await server.done('titles', 'get', 'gone')
    expect(await server.done('titles', 'delete', 'gone', '--yes')).toBe('')
    expect((await server.laurel('titles', 'get', 'gone')).stderr).toContain('(TITLE_NOT_FOUND)')
  })

  test.skipIf(missing)('asks at a terminal', async () => {
    await server.done('titles', 'create', 'asked')
    const typed = async (input: string) => {
      const command = `${process.execPath} src/cli/main.ts titles delete asked`
      const child = spawn(SCRIPT, ['-qec', command, '/dev/null'], {
        cwd: ROOT,
        env: { PATH: process.env['PATH'], ...server.environment() },
      })
      const output = text(child.stdout)
      child.stdout.once('data', () => child.stdin.end(input))
      const [code] = await once(child, 'close')
      return [code, (await output).replaceAll('\r', '')]
    }
    const question = 'titles delete asked: Deletes a title. Continue? [y/N] '
    expect(await typed('n\n')).toEqual([
      1,
      expect.stringMatching(/Continue\?.*\n?laurel: nothing was changed\n$/s),
    ])
    await server.done('titles', 'get', 'asked')
    expect(await typed('y\n')).toEqual([0, expect.stringContaining(question)])
    expect((await server.laurel('titles', 'get', 'asked')).stderr).toContain('(TITLE_NOT_FOUND)')
  })
})

test.each([
  [['titles', 'list', '--page-size', 'x'], 1, /^laurel: --page-size must be a whole number within int32\n$/],
  [['titles', 'list', '--limit', '0'], 2, /--limit <number>.* whole number from 1/],
  [['titles', 'lst'], 2, /unknown command 'lst'\n\(Did you mean list\?\)/],
  [['titles', 'get'], 2, /missing required argument 'title'/],
  [['titles', 'get', ''], 1, /^laurel: <title> must be set\n$/],
  [['titles', 'create', 'a\0b'], 1, /^laurel: <title> /],
  [['titles', 'create', 'race'], 1, /\(TITLE_EXISTS\)\n$/],
  [
    ['events', 'list', 'race', '--start-time', 'yesterday'],
    1,
    /^laurel: --start-time must be a time such as /,
  ],
  [['events', 'list', 'race', '--kind', 'unknown'], 2, /Allowed choices are progressed, unlocked/],
  [['destinations', 'health', 'race', 'none'], 1, /\(DESTINATION_NOT_FOUND\)/],
  [['achievements', 'create', 'race', 'a', '--file', 'none.json'], 1, /cannot read none\.json: .*ENOENT/],
] as const)('%j fails with the remedy', async (args, code, message) => {
  expect(await server.laurel(...args)).toEqual({ code, stdout: '', stderr: expect.stringMatching(message) })
})

test.each([
  ['[1]', 'it must be a JSON object'],
  ['{"hidden": ', 'it is not JSON: line 1, column 12: '],
])('a file of %j fails with the reason', async (content, reason) => {
  const file = server.fileWith('bad.json', content)
  const { code, stderr } = await server.laurel('achievements', 'create', 'race', 'bad', '--file', file)
  expect([code, stderr]).toEqual([1, expect.stringContaining(`cannot read ${file}: ${reason}`)])
})

test('an unknown member of a file fails with its path', async () => {
  const file = server.fileWith('unknown.json', { hiden: true })
  const { code, stderr } = await server.laurel('achievements', 'create', 'race', 'bad', '--file', file)
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/achievement\.hiden is no field of Achievement, which has/),
  ])
})

test('a caller without the permission is refused', async () => {
  const env = server.environment(await server.auth.serviceWith([]))
  const { code, stdout, stderr } = await runLaurelHere(['titles', 'list'], env)
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('(PERMISSION_DENIED)'),
  })
  const own = await runLaurelHere(
    ['titles', 'delete', 'race', '--yes'],
    server.environment(server.auth.service),
  )
  expect([own.code, own.stderr]).toEqual([1, expect.stringContaining('(PERMISSION_DENIED)')])
})

test('a process reads the record from a pipe, and prints the result', async () => {
  const input = JSON.stringify({ displayName: 'Piped' })
  const args = ['titles', 'create', 'piped', '--file', '-', '--json']
  const { code, stdout, stderr } = await runLaurel(args, { env: server.environment(), input })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({ titleId: 'piped', displayName: 'Piped' })
})
