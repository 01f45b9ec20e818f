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

test('progress of another account is refused', async () => {
  platform.behave = ({ headers, path }) =>
    path.includes('@me')
      ? json([
          { user_id: headers.authorization, achievement_id: '11', percent_complete: 40, unlocked_at: null },
        ])
      : json([{ application_id: '70', id: '11', name: { default: 'x' }, description: { default: 'y' } }])
  await house.file('d-21', '21')
  await house.file('d-22', '21')
  const asked = ['discord', '--title', 'other', '--from', platform.url, '--binding', 'application_id=70']
  const players = ['--player', '=21', '--player', '=22']
  const refused = await house.pull(...asked, ...players)
  expect(refused.stderr).toBe(
    "laurel: discord shows a player's progress only to that player: add --player-credential file:discord-{account}\n",
  )
  const { code, report } = await house.pull(...asked, ...players, '--player-credential', 'file:d-{account}')
  expect(code).toBe(1)
  expect(report).toMatchObject({ progress: { changed: 1 }, players: { pulled: 1, refused: 1 } })
  expect(report.refused).toMatchObject([
    { playerId: 'discord:22', path: '$[0].user_id', reason: 'NOT_A_PAGE' },
  ])
})
