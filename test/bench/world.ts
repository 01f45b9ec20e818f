import { randomUUID } from 'node:crypto'
import {
  AchievementServiceClient,
  CreateAchievementRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import {
  BatchRecordProgressRequest,
  ProgressServiceClient,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { CreateTitleRequest, TitleServiceClient } from '../../src/gen/laurel/v1/title_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { achievementName, playerName } from './load/names.ts'
import type { Target } from './load/reports.ts'

const BATCH = 1000
/** Further than any report of a run gets. */
const COUNT = 1_000_000_000_000n

/** Makes a title with so many achievements that count. */
export async function createTitle(address: string, { titleId, achievements }: Target): Promise<void> {
  using titles = createClient(TitleServiceClient, address)
  using definitions = createClient(AchievementServiceClient, address)
  const title = { titleId, displayName: `Bench ${titleId}`, defaultLocale: 'en' }
  await callUnary(titles, 'createTitle', CreateTitleRequest.fromPartial({ title, requestId: randomUUID() }))
  for (let index = 0; index < achievements; index += 1) {
    const achievementId = achievementName(index)
    const achievement = {
      titleId,
      achievementId,
      name: {
        locale: 'en',
        text: `Lamplighter ${index}`,
        translations: new Map([['de', `Laternenmeister ${index}`]]),
      },
      description: { locale: 'en', text: `Light the lanterns of district ${index}` },
      requirements: [
        { requirementId: 'count', target: { value: { $case: 'integer' as const, value: COUNT } } },
      ],
    }
    const request = CreateAchievementRequest.fromPartial({ achievement, requestId: randomUUID() })
    await callUnary(definitions, 'createAchievement', request)
  }
}

/** Lets every player begin every achievement, so that what is measured are players who are playing. Gives how many. */
export async function beginAll(address: string, { titleId, players, achievements }: Target): Promise<number> {
  using progress = createClient(ProgressServiceClient, address)
  const total = players * achievements
  for (let from = 0; from < total; from += BATCH) {
    const items = Array.from({ length: Math.min(BATCH, total - from) }, (_, index) => ({
      titleId,
      playerId: playerName(Math.floor((from + index) / achievements)),
      achievementId: achievementName((from + index) % achievements),
      report: {
        $case: 'reach' as const,
        value: { requirementId: 'count', quantity: { value: { $case: 'integer' as const, value: 1n } } },
      },
    }))
    const request = BatchRecordProgressRequest.fromPartial({ items })
    const { results } = await callUnary(progress, 'batchRecordProgress', request)
    const failed = results.find(({ outcome }) => outcome?.$case !== 'result')
    if (failed !== undefined) throw new Error(`the players cannot begin: ${JSON.stringify(failed)}`)
  }
  return total
}
