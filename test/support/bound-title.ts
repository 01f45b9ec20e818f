import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { createPlayer } from '../../src/service/players/players.ts'
import type { Services } from '../../src/service/services.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { TITLE_ID } from './fixture.ts'
import { achievementOf } from './records.ts'
import { callOf } from './services.ts'

/** The title's ids on each platform. */
export const BINDINGS = {
  accelbyte: { namespace: 'space' },
  discord: { application_id: '498112233445566778' },
  xbox: { service_config_id: '00000000-0000-0000-0000-00007f3c91a2', title_id: '2134675874' },
}

/** Returns the ids of the nth account on each platform. */
export const accountsOf = (number: number) => ({
  accelbyte: `user-${number}`,
  discord: `${10n ** 17n + BigInt(number)}`,
  xbox: `${2_533_274_790_000_000 + number}`,
})
/** Returns the ids of the nth achievement on each platform that numbers them. */
export const idsOf = (number: number) => ({
  discord: `${2n * 10n ** 17n + BigInt(number)}`,
  xbox: `${number + 1}`,
})

/** Creates a title that is bound to every platform, with achievements `goal-0`, `goal-1` and so on. */
export async function createBoundTitle(services: Services, achievements: number): Promise<void> {
  const title = { id: TITLE_ID, displayName: '', defaultLocale: 'en', bindings: BINDINGS, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
  for (let number = 0; number < achievements; number += 1) {
    const achievement = achievementOf({ id: `goal-${number}`, ids: idsOf(number) })
    await createAchievement(services, { titleId: TITLE_ID, achievement, requestId: undefined }, callOf())
  }
}

/** Creates players `player-0` and so on, with an account on every platform. */
export async function createKnownPlayers(services: Services, count: number): Promise<void> {
  const create = (number: number) => {
    const accounts = Object.entries(accountsOf(number)).map(([dialect, id]) => ({ dialect, id }))
    const player = { id: `player-${number}`, displayName: '', accounts }
    return createPlayer(services, { player, requestId: undefined }, callOf())
  }
  for (let at = 0; at < count; at += 100) {
    await Promise.all(Array.from({ length: Math.min(100, count - at) }, (_, index) => create(at + index)))
  }
}
