import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import type { Progress } from '../../../src/model/progress.ts'
import type { Audience } from './target.ts'

export interface CatalogueProgress {
  readonly achievement: StoredAchievement
  readonly progress: Progress
}

const PAGE_SIZE = 1000

/** Yields all definitions of a title in list order, page by page. */
export async function* definitionsFor(
  audience: Audience,
  { operations, call }: GatewayRequest,
  titleId: string,
): AsyncGenerator<readonly StoredAchievement[]> {
  if (audience === 'public') {
    const asked = { dialect: 'accelbyte', titleId, playerId: undefined }
    for await (const page of operations.listTitleProgress(asked, call))
      yield page.map(({ achievement }) => achievement)
    return
  }
  const filter = { titleId, tags: [], hidden: undefined, orderBy: 'list_order', descending: false } as const
  yield* everyPage((pageToken) =>
    operations.listAchievements({ ...filter, pageSize: PAGE_SIZE, pageToken }, call),
  )
}

/** Yields all definitions of a title with a player's progress; hidden ones too, which this service never masks. */
export async function* listProgressFor(
  audience: Audience,
  { operations, call }: GatewayRequest,
  titleId: string,
  playerId: string,
): AsyncGenerator<readonly CatalogueProgress[]> {
  if (audience === 'public')
    return yield* operations.listTitleProgress({ dialect: 'accelbyte', titleId, playerId }, call)
  const filter = { titleId, playerId, view: 'full', states: [] } as const
  yield* everyPage((pageToken) =>
    operations.listProgress({ ...filter, pageSize: PAGE_SIZE, pageToken }, call),
  )
}

interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextPageToken: string | undefined
}

async function* everyPage<Item>(
  read: (token: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<readonly Item[]> {
  let token: string | undefined
  do {
    const page = await read(token)
    yield page.items
    token = page.nextPageToken
  } while (token !== undefined)
}
