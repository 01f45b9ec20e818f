import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sources } from '../../src/registry.ts'
import { type FakeLists, fixturesOf, type ListFixtures } from '../support/dialect-fixtures.ts'
import { adapterOf } from '../support/documents.ts'
import { type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { bindingOptions, openPullHouse, type PullHouse } from '../support/pulls.ts'

/* Migrations from the live APIs of platforms. */

let here: PullHouse

beforeAll(async () => {
  here = await openPullHouse()
})
afterAll(() => here[Symbol.asyncDispose]())

describe('a platform', () => {
  const { id: dialect } = adapterOf(({ id }) => fixturesOf(id).lists !== undefined)
  const { definition, unlocked, serve, pageOf } = fixturesOf(dialect).lists as ListFixtures
  let platform: FakePlatform
  let lists: FakeLists
  let title: string
  let accounts: string
  let titles = 100

  beforeEach(async () => {
    titles += 1
    title = `title-${titles}`
    const binding = fixturesOf(dialect).binding(titles)
    const codes = ['a', 'b', 'c', 'd', 'e', 'f'].map((code) => `${code}-${titles}`)
    const rows = {
      ada: codes.map(unlocked),
      bob: [],
      cy: codes.slice(0, 1).map(unlocked),
      dan: codes.slice(0, 3).map(unlocked),
    }
    lists = { definitions: codes.map((code) => definition(code, binding)), rows, pageSize: 2 }
    platform = await startFakePlatform({ behave: serve(lists) })
    accounts = await here.file(`accounts-${titles}.csv`, 'ada\nbob,player-of-bob\n\n"cy"\ndan\n')
    const pulled = await here.pull(
      dialect,
      '--title',
      title,
      '--from',
      platform.url,
      ...bindingOptions(binding),
    )
    expect(pulled).toMatchObject({ code: 0 })
  })
  afterEach(() => platform.close())

  const live = () => [`${dialect}+${platform.url}`, '--accounts', accounts]
  const pages = () => platform.received.map(pageOf).filter((page) => !page.startsWith('definitions'))

  test('is read by a file of accounts, and an identity map is one', async () => {
    expect(await here.run(title, 'a', ...live())).toMatchObject({
      code: 0,
      job: { newCount: '10', refusedCount: '0' },
    })
    expect(pages()).toEqual(['ada 0', 'ada 2', 'ada 4', 'bob 0', 'cy 0', 'dan 0', 'dan 2'])
    const lines = (await here.laurel('migrate', 'plan', ...live(), '--title', title)).stdout
    expect(lines).toContain('of the first 10 records: 0 new, 0 changed, 10 unchanged')
  })

  test('that limits the rate is asked again after its Retry-After', async () => {
    const well = serve(lists)
    const limited = new Set<string>()
    const times: number[] = []
    platform.behave = (request, index) => {
      times.push(performance.now())
      if (limited.has(pageOf(request))) return well(request, index)
      limited.add(pageOf(request))
      return limited.size === 2 ? respond(429, { headers: { 'retry-after': '1' } }) : respond(503)
    }
    expect(await here.run(title, 'a', ...live())).toMatchObject({ code: 0, job: { newCount: '10' } })
    const [, , second = 0, third = 0] = times
    expect(third - second).toBeGreaterThanOrEqual(990)
  })

  test('that refuses an account is read on, and the account can be read again', async () => {
    const well = serve(lists)
    platform.behave = (request, index) =>
      pageOf(request).startsWith('cy') ? respond(403, { body: 'private' }) : well(request, index)
    const refusals = join(here.folder, `refused-${titles}.jsonl`)
    const refused = await here.run(title, 'a', ...live(), '--refusals', refusals)
    expect(refused).toMatchObject({ code: 1, job: { newCount: '9', refusedCount: '1' } })
    const line = JSON.parse(await readFile(refusals, 'utf8'))
    expect(line).toMatchObject({
      account: 'cy',
      laurel_reason: expect.stringContaining('answered 403: private'),
    })
    platform.behave = well
    expect(await here.run(title, 'b', ...live())).toMatchObject({
      code: 0,
      job: { newCount: '1', unchangedCount: '9' },
    })
  })

  test('that refuses the credential of all ends the command', async () => {
    platform.behave = () => respond(401, { body: 'who?' })
    expect(await here.run(title, 'a', ...live())).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('answered 401: who?'),
    })
    expect(platform.received.map(pageOf).filter((page) => page === 'bob 0')).toEqual([])
  })

  test('is read on at the account in hand after the command was killed', async () => {
    const well = serve(lists)
    platform.behave = (request, index) =>
      pageOf(request) === 'dan 0' ? { kind: 'hang' } : well(request, index)
    // A part for each row: its position is stored at once.
    const options = [
      ...live(),
      '--deliveries-per-second',
      '1',
      '--title',
      title,
      '--job',
      'a',
      '--rate',
      '1000',
    ]
    const running = here.start('migrate', 'run', ...options)
    const positionOf = async () => {
      const { stdout } = await here.laurel('migration-jobs', 'get', title, 'a', '--json')
      return stdout === '' ? 0 : Number(JSON.parse(stdout).recordCount ?? 0)
    }
    await expect.poll(positionOf).toBe(7)
    running.process.kill('SIGKILL')
    await running.result
    const before = pages().length
    platform.behave = well
    const done = await here.run(title, 'a', ...live(), '--deliveries-per-second', '1')
    expect(done).toMatchObject({ code: 0, job: { newCount: '10', refusedCount: '0' } })
    expect(pages().slice(before)[0]).toMatch(/^(cy|dan) 0$/)
  }, 60_000)
})

describe('a wrong command line', () => {
  test.each([
    [
      'of another dialect',
      ['steam+https://platform.example'],
      `take one of ${[...sources.keys()].sort().join(', ')}`,
    ],
    [
      'without a title',
      [
        `${[...sources.keys()][0]}+https://platform.example`,
        '--player-credential',
        'env:LAUREL_CREDENTIAL_X',
      ],
      'copy its definitions with laurel pull',
    ],
    [
      'with a private address',
      [`${[...sources.keys()][0]}+https://10.0.0.1`, '--player-credential', 'env:LAUREL_CREDENTIAL_X'],
      'private or reserved address',
    ],
    ['without a mapping', ['progress.csv'], '--mapping is needed'],
  ])('%s says so', async (_, args, message) => {
    expect(await here.run('nowhere', 'a', ...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message),
    })
  })
})
