import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { createPlayer } from '../../src/service/players/players.ts'
import type { Services } from '../../src/service/services.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { byDialect } from './dialect-fixtures.ts'
import { TITLE_ID } from './fixture.ts'
import { achievementOf } from './records.ts'
import { callOf } from './services.ts'

/** The title's ids on each platform. */
export const BINDINGS = byDialect(({ binding }) => binding(1))

/** Returns the ids of the nth account on each platform. */
export const accountsOf = (number: number) => byDialect(({ account }) => account(number + 1))

/** Returns the ids of the nth achievement on each platform that numbers them. */
export function idsOf(number: number): Readonly<Record<string, string>> {
  const ids = Object.entries(byDialect(({ achievementId }) => achievementId(number + 1)))
  return Object.fromEntries(ids.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

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
