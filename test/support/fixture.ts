import { randomUUID } from 'node:crypto'
import {
  AchievementServiceClient,
  CreateAchievementRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import { CreateTitleRequest, TitleServiceClient } from '../../src/gen/laurel/v1/title_service.ts'
import { callUnary, createClient } from './client.ts'

export const TITLE_ID = 'space-race'

/** Creates a title on a server, with an achievement of each name; one with a target counts up to it. */
export async function createFixture(
  address: string,
  achievements: Readonly<Record<string, bigint | undefined>>,
) {
  using titles = createClient(TitleServiceClient, address)
  using definitions = createClient(AchievementServiceClient, address)
  const requestId = randomUUID()
  const title = { titleId: TITLE_ID, displayName: 'Space Race', defaultLocale: 'en' }
  await callUnary(titles, 'createTitle', CreateTitleRequest.fromPartial({ title, requestId }))
  for (const [achievementId, target] of Object.entries(achievements)) {
    const text = { locale: 'en', text: achievementId }
    const counted = {
      requirementId: 'count',
      target: { value: { $case: 'integer' as const, value: target ?? 0n } },
    }
    const request = CreateAchievementRequest.fromPartial({
      achievement: {
        titleId: TITLE_ID,
        achievementId,
        name: text,
        description: text,
        requirements: target === undefined ? [] : [counted],
      },
      requestId: randomUUID(),
    })
    await callUnary(definitions, 'createAchievement', request)
  }
}
