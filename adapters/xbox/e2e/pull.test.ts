import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakePlatform, json, startFakePlatform } from '../../../test/support/fake-platform.ts'
import { openPullHouse, type PullHouse } from '../../../test/support/pulls.ts'

let house: PullHouse
let platform: FakePlatform
beforeAll(async () => {
  house = await openPullHouse()
  platform = await startFakePlatform()
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await platform.close()
})

test('a page of an endless list is refused', async () => {
  platform.behave = (_, index) =>
    json({ achievements: [], pagingInfo: { continuationToken: String(index % 3) } })
  const from = ['--from', platform.url, '--binding', 'title_id=5', '--player', '=1', '--definitions-only']
  const cycle = await house.pull('xbox', '--title', 'cyclic', ...from)
  expect(cycle.stderr).toContain('it continues with a page that it returned before')
  platform.behave = (_, index) => json({ achievements: [], pagingInfo: { continuationToken: `t${index}` } })
  const before = platform.received.length
  const long = await house.pull('xbox', '--title', 'long', ...from)
  expect(long.stderr).toContain('it has more than 1000 pages')
  expect(platform.received.length - before).toBe(1000)
})
