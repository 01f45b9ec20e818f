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
import {
  ACCOUNTS,
  ACHIEVEMENTS,
  bindingsOf,
  PLACES,
  STATS,
  type TitleOf,
  titleIdOf,
} from './route-requests.ts'

/** What the requests of routes speak of, made over gRPC: players with an account everywhere, and two titles a place. */
export async function createWorld(address: string, operator: string): Promise<void> {
  using players = createClient(PlayerServiceClient, address)
  const settings = { metadata: { authorization: `Bearer ${operator}` } }
  for (const [playerId, ids] of Object.entries(ACCOUNTS)) {
    const accounts = Object.entries(ids).map(([dialect, accountId]) => ({ dialect, accountId }))
    const request = CreatePlayerRequest.fromPartial({ player: { playerId, accounts } })
    await callUnary(players, 'createPlayer', request, settings)
  }
  const titles = PLACES.flatMap((_, place) =>
    (['own', 'other'] as const).map((title) => createPlayedTitle(address, operator, { place, title })),
  )
  await Promise.all(titles)
}

/** A title in which both players did something, so that there is something of each to find. */
async function createPlayedTitle(address: string, operator: string, of: TitleOf): Promise<void> {
  using titles = createClient(TitleServiceClient, address)
  using stats = createClient(StatServiceClient, address)
  using achievements = createClient(AchievementServiceClient, address)
  using progress = createClient(ProgressServiceClient, address)
  const settings = { metadata: { authorization: `Bearer ${operator}` } }
  const titleId = titleIdOf(of)
  const bindings = new Map(
    Object.entries(bindingsOf(of)).map(([dialect, ids]) => [dialect, { ids: new Map(Object.entries(ids)) }]),
  )
  const title = { titleId, displayName: titleId, defaultLocale: 'en', bindings }
  await callUnary(titles, 'createTitle', CreateTitleRequest.fromPartial({ title }), settings)
  for (const statCode of STATS) {
    const request = CreateStatRequest.fromPartial({ stat: { titleId, statCode, setBy: StatWriter.CLIENT } })
    await callUnary(stats, 'createStat', request, settings)
  }
  for (const [achievementId, ids] of Object.entries(ACHIEVEMENTS)) {
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
  for (const playerId of Object.keys(ACCOUNTS)) {
    const report = { titleId, playerId, achievementId: 'a', report: { $case: 'percent', value: 1 } } as const
    await callUnary(progress, 'recordProgress', RecordProgressRequest.fromPartial(report), settings)
    const updates = PLAYED.map((statCode) => ({ statCode, operation: StatOperation.SET, value: 1 }))
    const told = RecordStatsRequest.fromPartial({ titleId, playerId, updates })
    await callUnary(progress, 'recordStats', told, settings)
  }
}

const PLAYED = STATS.filter((code) => code !== 'unused')

/** What all players do together, by a stat. */
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
