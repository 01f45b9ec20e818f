import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { NEVER } from '../formats.ts'
import { type Contract, contractOf } from './contract.ts'
import { writeEntry, type XboxProgress } from './entry.ts'
import { readLanguages } from './languages.ts'
import { scidOf, type User, userOf } from './names.ts'
import { readQuery } from './query.ts'
import { raritiesOf } from './rarity.ts'
import { ratesOfList, ratesOfTitle } from './rates.ts'
import { selectPage } from './select.ts'
import { onXbox, titleOfId, titleOfScid, type XboxTitle } from './title.ts'

export const listRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/users/:user/achievements',
    name: 'listAchievements',
    rates: ratesOfList,
    handle: (request) => list(request, contractOf(request), ({ progress }) => progress.state === 'achieved'),
  },
  {
    method: 'GET',
    path: '/users/:user/titleachievements',
    name: 'listTitleAchievements',
    rates: ratesOfList,
    handle: (request) => list(request, contractOf(request, [1, 3]), () => true),
  },
  {
    method: 'GET',
    path: '/users/:user/achievements/:scid/:achievementId',
    name: 'getAchievement',
    rates: ratesOfTitle,
    handle: get,
  },
]

/** `isEarned` applies to contracts 1 and 3, where one path lists earned achievements and the other all. */
async function list(
  request: GatewayRequest,
  contract: Contract,
  isEarned: (progressEntry: XboxProgress) => boolean,
): Promise<GatewayResponse> {
  const query = readQuery(request.query)
  const user = await userOf(request)
  const playerId = query.possibleOnly ? undefined : user.playerId
  const titles = await titlesOf(request, query.titleIds, user)
  const isListed = (entry: XboxProgress) => !contract.legacy || (isLegacy(entry) && isEarned(entry))
  const { items, pagingInfo } = await selectPage(
    () => progressIn(request, titles, playerId),
    isListed,
    query,
    request.now,
  )
  return response(request, contract, items, pagingInfo)
}

async function get(request: GatewayRequest): Promise<GatewayResponse> {
  const contract = contractOf(request)
  const user = await userOf(request)
  const title = await titleOfScid(request, scidOf(request))
  const { achievementId = '' } = request.params
  const found = await findIn(
    progressIn(request, [title], user.playerId),
    ({ achievement }) => achievement.ids['xbox'] === achievementId,
  )
  if (found === undefined || (contract.legacy && !isLegacy(found))) {
    const message = `there is no achievement ${achievementId.slice(0, 20)} in ${title.scid}`
    throw new LaurelError('not_found', 'ACHIEVEMENT_NOT_FOUND', message)
  }
  return response(request, contract, [found], { continuationToken: null, totalRecords: 1 })
}

/** Yields all achievements of the titles with the player's progress; without progress if there is no player. */
async function* progressIn(
  { operations, call }: GatewayRequest,
  titles: readonly XboxTitle[],
  playerId: string | undefined,
): AsyncGenerator<readonly XboxProgress[]> {
  for (const title of titles) {
    const asked = { dialect: 'xbox', titleId: title.title.id, playerId }
    for await (const page of operations.listTitleProgress(asked, call))
      yield page.map((progressEntry) => ({ title, ...progressEntry }))
  }
}

async function findIn<Item>(
  pages: AsyncIterable<readonly Item[]>,
  isWanted: (item: Item) => boolean,
): Promise<Item | undefined> {
  for await (const page of pages) {
    const found = page.find(isWanted)
    if (found !== undefined) return found
  }
  return undefined
}

async function titlesOf(
  request: GatewayRequest,
  titleIds: readonly string[],
  { playerId }: User,
): Promise<readonly XboxTitle[]> {
  if (titleIds.length === 0) {
    const played = await request.operations.listPlayerTitles({ playerId }, request.call)
    return played.flatMap(({ title }) => onXbox(title) ?? [])
  }
  const titles = new Map<string, XboxTitle>()
  for (const titleId of titleIds) {
    const title = await titleOfId(request, titleId)
    // An unknown title has no achievements.
    if (title !== undefined) titles.set(title.title.id, title)
  }
  return [...titles.values()]
}

async function response(
  request: GatewayRequest,
  contract: Contract,
  progressList: readonly XboxProgress[],
  pagingInfo: JsonObject,
): Promise<GatewayResponse> {
  const languages = readLanguages(request.headers['accept-language'])
  const rarityOf = contract.rarity ? await raritiesOf(request, progressList) : undefined
  const achievements = progressList.map((progressEntry) => {
    const entry = writeEntry(progressEntry, contract, languages, request)
    return rarityOf === undefined ? entry : { ...entry, rarity: rarityOf(progressEntry) }
  })
  return {
    status: 200,
    body: { achievements, pagingInfo, ...(contract.legacy ? { version: NEVER } : {}) },
  }
}

/** Contracts 1 and 3 have the id of an achievement as a number. */
function isLegacy({ achievement }: XboxProgress): boolean {
  return /^(0|[1-9]\d{0,9})$/.test(achievement.ids['xbox'] ?? '')
}
