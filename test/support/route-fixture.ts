import { Participation } from '../../src/gen/laurel/v1/achievement.ts'
import {
  AchievementServiceClient,
  CreateAchievementRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import { CreatePlayerRequest, PlayerServiceClient } from '../../src/gen/laurel/v1/player_service.ts'
import {
  ProgressServiceClient,
  RecordProgressRequest,
  RecordStatsRequest,
  StatOperation,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { StatWriter } from '../../src/gen/laurel/v1/stat.ts'
import { CreateStatRequest, StatServiceClient } from '../../src/gen/laurel/v1/stat_service.ts'
import { CreateTitleRequest, TitleServiceClient } from '../../src/gen/laurel/v1/title_service.ts'
import { callUnary, createClient } from './client.ts'
import { ROUTE_ACHIEVEMENTS, ROUTE_STATS } from './dialect-fixtures.ts'
import {
  accountsOf,
  achievementIdsOf,
  bindingsOf,
  MOUNTED,
  type Mounted,
  PLAYERS,
  titleIdOf,
  WHICH,
  type Which,
} from './routes.ts'

/** Creates over gRPC what the calls of routes need: players with an account in each dialect, and two titles a mount. */
export async function createRouteFixture(address: string, operator: string): Promise<void> {
  using players = createClient(PlayerServiceClient, address)
  const settings = { metadata: { authorization: `Bearer ${operator}` } }
  for (const playerId of PLAYERS) {
    const accounts = Object.entries(accountsOf(playerId)).map(([dialect, accountId]) => ({
      dialect,
      accountId,
    }))
    const request = CreatePlayerRequest.fromPartial({ player: { playerId, accounts } })
    await callUnary(players, 'createPlayer', request, settings)
  }
  await Promise.all(
    MOUNTED.flatMap((mounted) => WHICH.map((title) => createPlayedTitle(address, operator, mounted, title))),
  )
}

/** Creates a title with progress, stats and contributions of both players. */
async function createPlayedTitle(
  address: string,
  operator: string,
  mounted: Mounted,
  which: Which,
): Promise<void> {
  using titles = createClient(TitleServiceClient, address)
  using stats = createClient(StatServiceClient, address)
  using achievements = createClient(AchievementServiceClient, address)
  using progress = createClient(ProgressServiceClient, address)
  const settings = { metadata: { authorization: `Bearer ${operator}` } }
  const titleId = titleIdOf(mounted, which)
  const bindings = new Map(
    Object.entries(bindingsOf(mounted, which)).map(([dialect, ids]) => [
      dialect,
      { ids: new Map(Object.entries(ids)) },
    ]),
  )
  const title = { titleId, displayName: titleId, defaultLocale: 'en', bindings }
  await callUnary(titles, 'createTitle', CreateTitleRequest.fromPartial({ title }), settings)
  for (const statCode of ROUTE_STATS) {
    const request = CreateStatRequest.fromPartial({ stat: { titleId, statCode, setBy: StatWriter.CLIENT } })
    await callUnary(stats, 'createStat', request, settings)
  }
  for (const achievementId of ROUTE_ACHIEVEMENTS) {
    const ids = achievementIdsOf(achievementId)
    const text = { locale: 'en', text: achievementId }
    const achievement = { titleId, achievementId, name: text, ids: new Map(Object.entries(ids)) }
    const request = { achievement: { ...achievement, ...(achievementId === 'goal' ? COMMUNITY : {}) } }
    await callUnary(
      achievements,
      'createAchievement',
      CreateAchievementRequest.fromPartial(request),
      settings,
    )
  }
  for (const playerId of PLAYERS) {
    const report = { titleId, playerId, achievementId: 'a', report: { $case: 'percent', value: 1 } } as const
    await callUnary(progress, 'recordProgress', RecordProgressRequest.fromPartial(report), settings)
    const updates = PLAYED.map((statCode) => ({ statCode, operation: StatOperation.SET, value: 1 }))
    const recorded = RecordStatsRequest.fromPartial({ titleId, playerId, updates })
    await callUnary(progress, 'recordStats', recorded, settings)
  }
}

const PLAYED = ROUTE_STATS.filter((code) => code !== 'unused')

/** The community goal: all players together, by a stat. */
const COMMUNITY = {
  participation: Participation.COMMUNITY,
  requirements: [
    {
      requirementId: 'flags',
      statCode: 'flags',
      target: { value: { $case: 'integer' as const, value: 10n } },
    },
  ],
}
