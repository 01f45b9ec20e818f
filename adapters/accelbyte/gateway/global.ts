import { DecodeError, describe } from '../../../src/dialect/decode-error.ts'
import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import { EARLIEST_INSTANT } from '../../../src/model/instant.ts'
import { tagsOf } from './definition.ts'
import { writeContribution, writeContributor, writeGlobal } from './global-rows.ts'
import { claim, resetGlobal } from './global-writes.ts'
import { BY_CREATION, pageOf, pagingOf, readSorting, readWindow, sorted } from './query.ts'
import { readTagFilter } from './tags.ts'
import { type Audience, accountOf, codeOf, namespaceOf, namespacePath, titleOf } from './target.ts'

/** Community goals: one progress of all players, contributors, and the claim of the reward. */
export const globalRoutes: readonly Route[] = [
  ...reads('AdminListGlobalAchievements', 'PublicListGlobalAchievements', '/global/achievements', list),
  ...reads(
    'AdminListGlobalAchievementContributors',
    'ListGlobalAchievementContributors',
    '/global/achievements/:code/contributors',
    listContributors,
  ),
  ...reads(
    'AdminListUserContributions',
    'ListUserContributions',
    '/users/:userId/global/achievements',
    listContributions,
  ),
  {
    method: 'DELETE',
    path: `${namespacePath('admin')}/global/achievements/:code/reset`,
    name: 'ResetGlobalAchievement',
    handle: resetGlobal,
  },
  {
    method: 'POST',
    path: `${namespacePath('public')}/users/:userId/global/achievements/:code/claim`,
    name: 'ClaimGlobalAchievementReward',
    handle: claim,
  },
]

type Read = (audience: Audience, request: GatewayRequest) => Promise<GatewayResponse>

function reads(admin: string, open: string, path: string, read: Read): readonly Route[] {
  const route = (name: string, audience: Audience): Route => ({
    method: 'GET',
    path: namespacePath(audience) + path,
    name,
    handle: (request) => read(audience, request),
  })
  return [route(admin, 'admin'), route(open, 'public')]
}

const STATUSES = ['in_progress', 'unlocked']

/** Lists in order of creation unless the query asks for another. An achievement without contributions is locked and has no row. */
async function list(audience: Audience, request: GatewayRequest): Promise<GatewayResponse> {
  const { query, operations, call } = request
  const sorting = readSorting(query, ['achievedAt', 'createdAt'], BY_CREATION)
  const status = query.get('status') ?? ''
  if (status !== '' && !STATUSES.includes(status)) {
    throw new DecodeError(['status'], `expected ${STATUSES.join(' or ')}, but found ${describe(status)}`)
  }
  const [isTagged, isNamed] = [readTagFilter(query), readCodes(query)]
  const { id: titleId } = await titleOf(request)
  const read =
    audience === 'admin' ? operations.listCommunityProgressAsAdmin : operations.listCommunityProgress
  const progressList = await read({ titleId }, call)
  const selected = progressList.filter(
    ({ achievement, progress }) =>
      isNamed(achievement.id) &&
      isTagged(tagsOf(achievement)) &&
      (status === '' || (status === 'unlocked') === (progress.unlockTime !== undefined)),
  )
  const inOrder = sorted(selected, sorting, ({ progress }, key) =>
    key === 'achievedAt' ? (progress.unlockTime ?? EARLIEST_INSTANT) : progress.createTime,
  )
  return { status: 200, body: pageOf(request, inOrder, (each) => writeGlobal(each, namespaceOf(request))) }
}

const BY_VALUE = { key: 'contributedValue', descending: true } as const

async function listContributors(audience: Audience, request: GatewayRequest): Promise<GatewayResponse> {
  const { operations, call } = request
  const { offset, limit } = readWindow(request)
  const { descending } = readSorting(request.query, ['contributedValue'], BY_VALUE)
  const achievementId = codeOf(request)
  const { id: titleId } = await titleOf(request)
  // One more than is shown says whether a page follows.
  const asked = { dialect: 'accelbyte', titleId, achievementId, descending, offset, limit: limit + 1 }
  const read = audience === 'admin' ? operations.listContributorsAsAdmin : operations.listContributors
  const found = await read(asked, call)
  const data = found.slice(0, limit).map((each) => writeContributor(each, namespaceOf(request)))
  return {
    status: 200,
    body: { data, paging: pagingOf(request, { offset, limit }, found.length > limit) },
  }
}

async function listContributions(audience: Audience, request: GatewayRequest): Promise<GatewayResponse> {
  const { query, operations, call } = request
  const sorting = readSorting(query, ['contributedValue'], BY_VALUE)
  const [isTagged, isNamed] = [readTagFilter(query), readCodes(query)]
  const account = accountOf(request)
  const { id: titleId } = await titleOf(request)
  const { playerId } = await operations.playerOfAccount(account, call)
  const read = audience === 'admin' ? operations.listContributionsAsAdmin : operations.listContributions
  const all = await read({ titleId, playerId }, call)
  const selected = all.filter(({ achievement }) => isNamed(achievement.id) && isTagged(tagsOf(achievement)))
  const inOrder = sorted(selected, sorting, ({ contribution }) => contribution.value)
  const write = (each: (typeof all)[number]) => writeContribution(each, namespaceOf(request), account.id)
  return { status: 200, body: pageOf(request, inOrder, write) }
}

/** Comma-separated or repeated; older clients leave the plural out. Without any, each is selected. */
function readCodes(query: URLSearchParams): (code: string) => boolean {
  const said = [...query.getAll('achievementCodes'), ...query.getAll('achievementCode')]
  const codes = new Set(
    said
      .flatMap((text) => text.split(','))
      .map((code) => code.trim())
      .filter((code) => code !== ''),
  )
  return (code) => codes.size === 0 || codes.has(code)
}
