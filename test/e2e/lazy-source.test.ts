import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { openPullHouse, type PullHouse } from '../support/pulls.ts'

/* A title that has moved here, and whose players follow on their first calls. */

const PLAYERS = ['ann', 'bob']

let house: PullHouse
let old: FakePlatform

beforeAll(async () => {
  house = await openPullHouse()
  old = await startFakePlatform({
    behave: ({ path }) => {
      const player = path.split('/').at(-1) ?? ''
      if (!PLAYERS.includes(player)) return respond(404)
      return respond(200, { body: JSON.stringify({ player, achievement: 'first', done: true }) })
    },
  })
  for (const args of [
    ['titles', 'create', 'moved'],
    ['achievements', 'create', 'moved', 'first', '--name-text', 'First'],
  ])
    expect(await house.laurel(...args)).toMatchObject({ code: 0 })
})
afterAll(async () => {
  await old.close()
  await house[Symbol.asyncDispose]()
})

const MAPPING = ['--mapping-format', 'json-lines', '--mapping-player-field', 'player']
const FIELDS = ['--mapping-achievement-field', 'achievement', '--mapping-unlocked-field', 'done']

test('the first read over any wire has the progress of the other system', async () => {
  const source = ['--lazy-source-url', `${old.url}/players/{player}`, '--lazy-source-timeout', '5s']
  const args = ['migration-jobs', 'create', 'moved', 'follow', ...MAPPING, ...FIELDS, ...source, '--json']
  const { code, stdout, stderr } = await house.laurel(...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout).lazySource).toEqual({
    url: `${old.url}/players/{player}`,
    timeout: '5s',
  })

  const listed = await house.laurel('progress', 'list', 'moved', 'ann', '--json')
  expect(JSON.parse(listed.stdout).progress).toMatchObject({ state: 'PROGRESS_STATE_ACHIEVED' })
  const summary = await house.laurel('progress', 'summary', 'moved', 'bob', '--json')
  expect(JSON.parse(summary.stdout)).toMatchObject({ unlockedCount: 1 })
  await house.laurel('progress', 'list', 'moved', 'ann', '--json')
  expect(old.received.map(({ path }) => path)).toEqual(['/players/ann', '/players/bob'])
})
