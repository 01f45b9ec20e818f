import { expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../../../src/model/instant.ts'
import { countUnlocks } from '../../../src/service/progress/count-unlocks.ts'
import { revokeAchievement } from '../../../src/service/progress/enforcement.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { item, unlock } from '../../../test/support/played-title.ts'
import { callOf, createTestServices } from '../../../test/support/services.ts'
import { createXboxTitle } from '../testing/server.ts'

test('unlocks are counted over all players, and again when a minute has gone', async () => {
  let now = 17_000_000_000_000_000n
  await using services = await createTestServices({ now: () => now })
  await createXboxTitle(services, 'title', 1, [{}, {}])
  const play = (playerId: string, achievementId: string) =>
    recordProgress(services, item(playerId, achievementId, unlock), callOf())
  const counted = async () => {
    const { players, unlocks } = await countUnlocks(services, { titleId: 'title' })
    return [players, [...unlocks].sort()]
  }

  await play('ann', 'a1')
  await play('bob', 'a1')
  const first = [2, [['a1', 2]]]
  expect(await Promise.all([counted(), counted()])).toEqual([first, first])

  await play('cleo', 'a2')
  const key = { titleId: 'title', playerId: 'bob', achievementId: 'a1' }
  await revokeAchievement(services, { ...key, reason: '', requestId: undefined }, callOf())
  now += 59n * TICKS_PER_SECOND
  expect(await counted()).toEqual(first)
  now += TICKS_PER_SECOND
  expect(await counted()).toEqual([
    3,
    [
      ['a1', 1],
      ['a2', 1],
    ],
  ])
})

test('a title that is not there is not counted, nor remembered as empty', async () => {
  await using services = await createTestServices()
  const unknown = () => countUnlocks(services, { titleId: 'title' })
  await expect(unknown()).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  await createXboxTitle(services, 'title', 1, [{}])
  expect(await unknown()).toEqual({ players: 0, unlocks: new Map() })
})
