import { readFile, rm, writeFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { emptyTally } from '../../src/cli/pull/tally.ts'
import type { Binding } from '../../src/model/title.ts'
import { sources } from '../../src/registry.ts'
import { samplesIn } from '../conformance/subjects.ts'
import { type FakeLists, fixturesOf, type ListFixtures } from '../support/dialect-fixtures.ts'
import { adapterOf } from '../support/documents.ts'
import { type Behave, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { bindingOptions, openPullHouse, type PullHouse } from '../support/pulls.ts'

const adapter = adapterOf(({ id }) => fixturesOf(id).lists !== undefined)
const { id: dialect } = adapter
const { definition, unlocked, serve, pageOf } = fixturesOf(dialect).lists as ListFixtures

let house: PullHouse
let platform: FakePlatform
let lists: FakeLists
let title: string
let binding: Binding
let titles = 0

beforeAll(async () => {
  house = await openPullHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

beforeEach(async () => {
  titles += 1
  title = `title-${titles}`
  binding = fixturesOf(dialect).binding(titles)
  const codes = ['a', 'b', 'c', 'd', 'e', 'f'].map((code) => `${code}-${titles}`)
  lists = {
    definitions: codes.map((code) => definition(code, binding)),
    rows: { ada: codes.map(unlocked), bob: codes.slice(0, 3).map(unlocked) },
    pageSize: 2,
  }
  platform = await startFakePlatform({ behave: serve(lists) })
})
afterEach(() => platform.close())

const PAGES = ['definitions 0', 'definitions 2', 'definitions 4', 'ada 0', 'ada 2', 'ada 4', 'bob 0', 'bob 2']

function asked(...more: readonly string[]): readonly string[] {
  const players = ['--player', 'ada=ada', '--player', '=bob']
  return [dialect, '--title', title, '--from', platform.url, ...bindingOptions(binding), ...players, ...more]
}

async function countsIn(): Promise<readonly number[]> {
  const documents = [
    await house.exported(dialect, title),
    await house.exported(dialect, title, { playerId: 'all' }),
  ]
  return documents.map((document) => samplesIn(adapter, document).length)
}

describe('a killed pull', () => {
  test('imports each page exactly once, however often it is killed', async () => {
    const well = serve(lists)
    const served: string[] = []
    let left = 0
    platform.behave = (request, index) => {
      left -= 1
      // Each run is killed at its second page.
      if (left < 0) return { kind: 'hang' }
      served.push(pageOf(request))
      return well(request, index)
    }
    for (const [index] of PAGES.entries()) {
      const before = platform.received.length
      left = 1
      const running = house.start('pull', ...asked('--state', house.stateOf(title), '--rate', '1000'))
      const expected = index === PAGES.length - 1 ? 1 : 2
      await expect.poll(() => platform.received.length - before).toBe(expected)
      if (expected === 2) running.process.kill('SIGKILL')
      const { code } = await running.result
      expect(code).toBe(expected === 2 ? null : 0)
    }
    expect(served).toEqual(PAGES)
    expect(await countsIn()).toEqual([6, 9])
  })

  test('reports the whole pull when it is continued', async () => {
    const well = serve(lists)
    platform.behave = (request, index) =>
      pageOf(request) === 'ada 2' ? { kind: 'hang' } : well(request, index)
    const state = house.stateOf(title)
    const running = house.start('pull', ...asked('--state', state, '--rate', '1000'))
    await expect.poll(() => platform.received.map(pageOf)).toContain('ada 2')
    running.process.kill('SIGKILL')
    await running.result
    platform.behave = well
    const { code, report, stderr } = await house.pull(...asked())
    expect(stderr).toMatch(/^continuing the pull that stopped at \d{4}-.*; to start over, delete /)
    expect(code).toBe(0)
    expect(report).toMatchObject({ definitions: { new: 6 }, progress: { changed: 9 }, newlyUnlocked: 9 })
    expect(platform.received.map(pageOf)).toEqual([...PAGES.slice(0, 5), ...PAGES.slice(4)])
    await expect(readFile(state)).rejects.toThrow('ENOENT')
  })

  test('is not continued by another pull, nor from a file that is no state', async () => {
    platform.behave = () => respond(401)
    const state = house.stateOf(title)
    await writeFile(state, '{"version":2')
    expect(await house.pull(...asked())).toMatchObject({
      code: 1,
      stderr: `laurel: ${state} is not the state of a pull: delete it to start over, or name another file by --state\n`,
    })
    await writeFile(state, JSON.stringify(STATE))
    expect(await house.pull(...asked())).toMatchObject({
      code: 1,
      stderr: `laurel: ${state} is the state of another pull: name another file by --state\n`,
    })
    await rm(state)
  })
})

const STATE = {
  version: 2,
  job: 'another',
  time: '2024-02-03T04:05:06.789Z',
  definitions: { done: false },
  players: { page: '', done: [] },
  tally: emptyTally(),
}

describe('a platform', () => {
  /** Fails the first request for each page, each in another way. */
  function failingOnce(well: Behave): Behave {
    const failures = [
      respond(429, { headers: { 'retry-after': '1' } }),
      respond(500),
      { kind: 'drop' } as const,
      { kind: 'hang' } as const,
      respond(503, { body: 'busy' }),
      { kind: 'hang', begun: true } as const,
    ]
    const failed = new Set<string>()
    return (request, index) => {
      const page = pageOf(request)
      if (failed.has(page)) return well(request, index)
      failed.add(page)
      return failures[failed.size % failures.length] as (typeof failures)[number]
    }
  }

  test('that fails now and then is retried', async () => {
    platform.behave = failingOnce(serve(lists))
    const { code, report, stderr } = await house.pull(...asked('--timeout', '1'))
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) })
    expect(report).toMatchObject({ definitions: { new: 6 }, progress: { changed: 9 } })
    const pages = platform.received.map(pageOf)
    expect(pages.filter((page, index) => page !== pages[index - 1])).toEqual(PAGES)
    // At least twice: a response that comes too late is requested again.
    for (const each of PAGES) expect(pages.filter((page) => page === each).length).toBeGreaterThan(1)
    expect(await countsIn()).toEqual([6, 9])
  })

  test('that fails for longer than --retry-for stops the pull, which can be continued', async () => {
    const well = serve(lists)
    platform.behave = (request, index) =>
      pageOf(request) === 'ada 0' ? respond(503, { body: 'closed' }) : well(request, index)
    const { code, stdout, stderr } = await house.pull(...asked('--retry-for', '1'))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(
      `laurel: 127.0.0.1:${platform.port} answered 503: closed (retried for 1 s: --retry-for)\n` +
        'pages that are imported stay; run the same command again to continue\n',
    )
    const before = platform.received.length
    platform.behave = well
    expect(await house.pull(...asked())).toMatchObject({ code: 0, report: { definitions: { new: 6 } } })
    expect(platform.received.slice(before).map(pageOf)).toEqual(PAGES.slice(3))
  })

  test('that cannot be reached stops the pull', async () => {
    await platform.close()
    const { code, stderr } = await house.pull(...asked('--retry-for', '1'))
    expect(code).toBe(1)
    expect(stderr).toContain(`cannot connect to 127.0.0.1:${platform.port}`)
    platform = await startFakePlatform()
  })

  test('that refuses the credential stops the pull without a retry, and the credential is not shown', async () => {
    const secret = 'Bearer s3cr3t-t0ken'
    await house.file('platform', `${secret}\n`)
    platform.behave = ({ headers }) => respond(401, { body: `not you: ${headers.authorization}` })
    const { code, stderr } = await house.pull(...asked('--credential', 'file:platform'))
    expect(platform.received.map(({ headers }) => headers.authorization)).toEqual([secret])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^laurel: the definitions cannot be read: 127.0.0.1:\d+ answered 401: not you: \[credential\]\n/,
    )
    expect(await house.pull(...asked('--credential', 'file:/etc/passwd'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^laurel: --credential must be env:/),
    })
    expect(await house.pull(...asked('--credential', 'file:missing'))).toMatchObject({
      code: 1,
      stderr: `laurel: credential "file:missing" is no file of LAUREL_CREDENTIALS_DIR, or not for title ${title}\n`,
    })
  })

  test('in a private network is not called unless it is allowed', async () => {
    const from = [dialect, '--title', title, ...bindingOptions(binding), '--from', 'https://10.1.2.3']
    const { code, stderr } = await house.pull(...from)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^laurel: --from has a private or reserved address/),
    })
  })
})

describe('a wrong command line', () => {
  const from = ['--title', 't', '--from', 'http://127.0.0.1:1']
  test.each([
    ['without a platform', [dialect, '--title', 't'], '--from'],
    ['of a dialect without a source', ['steam', ...from], [...sources.keys()].join(', ')],
    ['with progress of no player', [dialect, ...from, '--progress-only'], '--all-players'],
    ['with an invalid binding', [dialect, ...from, '--binding', 'x'], 'NAME=ID'],
    ['with an invalid rate', [dialect, ...from, '--rate', '0'], 'from 0.01 to 1000'],
    [
      'with progress of another title',
      [dialect, ...from, '--allow-rebinding', '--player', 'p'],
      '--definitions-only',
    ],
  ])('%s ends with 2', async (_, args, advice) => {
    const { code, stdout, stderr } = await house.laurel('pull', ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(advice)
  })

  test.each([
    ['--player', '=', '"=" does not name a player: write ID, ID=ACCOUNT or =ACCOUNT'],
    ['--from', 'http://platform.example', '--from must begin with https://'],
    ['--map', 'nowhere.json', 'cannot read the map nowhere.json'],
    ['--players-file', 'nowhere.txt', 'cannot read the players file nowhere.txt'],
  ])('with %s %s says so', async (option, value, message) => {
    const args = [dialect, ...from, ...bindingOptions(binding), option, value]
    expect(await house.laurel('pull', ...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message),
    })
  })
})
