import type { AchievementDelivery } from '../../model/delivery.ts'
import { readPage } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Call, Page, Services } from '../services.ts'

export interface ListAchievementDeliveries {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string | undefined
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/** In order of achievement and destination; what was never meant for a destination is not among it. */
export async function listAchievementDeliveries(
  services: Services,
  request: ListAchievementDeliveries,
  call: Call,
): Promise<Page<AchievementDelivery>> {
  const { titleId, playerId, achievementId } = request
  const filter = { titleId, playerId, achievementId }
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['achievementDeliveries', titleId, playerId, achievementId],
      (after, limit) =>
        queries.achievementDeliveries.list({ ...filter, after: after && namesIn(after.id), limit }),
      (item) => ({ key: 0n, id: [item.achievementId, item.destinationId].join(BETWEEN) }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return page
  })
}

/** In no id. */
const BETWEEN = '\n'

function namesIn(position: string) {
  const [achievementId = '', destinationId = ''] = position.split(BETWEEN)
  return { achievementId, destinationId }
}
