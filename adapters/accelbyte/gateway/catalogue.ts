import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import type { Progress } from '../../../src/model/progress.ts'
import type { Audience } from './target.ts'

export interface CatalogueProgress {
  readonly achievement: StoredAchievement
  readonly progress: Progress
}

const PAGE_SIZE = 1000

/**
 * All definitions of a title in list order. Whole, because the service's lists are asked for by offset and by
 * expressions of tags, and a title has not so many.
 */
export async function definitionsFor(
  audience: Audience,
  { operations, call }: GatewayRequest,
  titleId: string,
): Promise<readonly StoredAchievement[]> {
  if (audience === 'public') {
    const asked = { dialect: 'accelbyte', titleId, playerId: undefined }
    return (await operations.listTitleProgress(asked, call)).map(({ achievement }) => achievement)
  }
  const filter = { titleId, tags: [], hidden: undefined, orderBy: 'list_order', descending: false } as const
  return everyPage((pageToken) =>
    operations.listAchievements({ ...filter, pageSize: PAGE_SIZE, pageToken }, call),
  )
}

/** Returns all definitions of a title with a player's progress; hidden ones too, which this service never masks. */
export async function listProgressFor(
  audience: Audience,
  { operations, call }: GatewayRequest,
  titleId: string,
  playerId: string,
): Promise<readonly CatalogueProgress[]> {
  if (audience === 'public')
    return operations.listTitleProgress({ dialect: 'accelbyte', titleId, playerId }, call)
  const filter = { titleId, playerId, view: 'full', states: [] } as const
  return everyPage((pageToken) =>
    operations.listProgress({ ...filter, pageSize: PAGE_SIZE, pageToken }, call),
  )
}

interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextPageToken: string | undefined
}

async function everyPage<Item>(
  read: (token: string | undefined) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = []
  let token: string | undefined
  do {
    const page = await read(token)
    items.push(...page.items)
    token = page.nextPageToken
  } while (token !== undefined)
  return items
}
