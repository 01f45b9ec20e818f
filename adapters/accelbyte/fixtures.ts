import type {
  DialectFixtures,
  GatewayFixtures,
  Outcome,
  RouteTarget,
} from '../../test/support/dialect-fixtures.ts'
import { readTagFilter } from './gateway/tags.ts'
import { definition } from './testing/client.ts'
import { lintCases } from './testing/lint-cases.ts'
import { fakeLists } from './testing/lists.ts'
import { tryAchievementApi } from './testing/openapi.ts'
import { tryStatisticsApi } from './testing/openapi-statistics.ts'

const unique = () => crypto.randomUUID().slice(0, 8)

const stat = () => ({
  body: { statCode: `new-${unique()}`, name: 'New', defaultValue: 0, setBy: 'CLIENT' },
})
const increment = () => ({ body: { inc: 1 } })
const strategy = () => ({ body: { updateStrategy: 'INCREMENT', value: 1 } })
const goal = () => ({ params: { code: 'goal' } })
const unlocks = () => ({ body: { achievementCodes: ['a'] } })
const ofMany = ({ account }: RouteTarget) => ({
  query: { statCode: 'kills', userIds: account },
})
/** One item that every bulk operation can read. */
const items = ({ account }: RouteTarget) => ({
  body: [{ statCode: 'kills', userId: account, inc: 1, updateStrategy: 'INCREMENT', value: 1 }],
})
/** Each bulk operation by the user of its path, and by the users of its items. */
const lists = (...names: readonly string[]): GatewayFixtures['requests'] =>
  Object.fromEntries(names.flatMap((name) => [name, `${name} of many`]).map((name) => [name, items]))

const requests: GatewayFixtures['requests'] = {
  AdminCreateNewAchievement: () => ({ body: definition(`new-${unique()}`) }),
  AdminUpdateAchievement: () => ({ body: { hidden: true } }),
  AdminUpdateAchievementListOrder: () => ({ body: { targetOrder: 1 } }),
  AdminDeleteAchievement: () => ({ params: { code: 'doomed' } }),
  ImportAchievements: () => {
    const body = new FormData()
    body.append('file', new Blob([JSON.stringify([definition('imported')])]), 'a.json')
    return { body }
  },
  AdminBatchQueryUserAchievements: () => ({ body: { codes: ['a'], status: 0 } }),
  AdminBulkUnlockAchievement: unlocks,
  PublicBulkUnlockAchievement: unlocks,
  AdminListGlobalAchievementContributors: goal,
  ListGlobalAchievementContributors: goal,
  ResetGlobalAchievement: goal,
  // An impossible claim of the goal itself gets 400.
  ClaimGlobalAchievementReward: () => ({ params: { code: 'nothing' } }),
  BulkCreatePSNEvent: () => ({ body: { data: [] } }),
  createStat: stat,
  createStat_1: stat,
  updateStat: () => ({ body: { name: 'x' } }),
  deleteStat: () => ({ params: { statCode: 'unused' } }),
  deleteTiedStat: () => ({ params: { statCode: 'used' } }),
  'publicQueryUserStatItems_1, of me': () => ({ params: { userId: 'me' } }),
  bulkFetchStatItems: ofMany,
  bulkFetchStatItems_1: ofMany,
  bulkFetchOrDefaultStatItems: ofMany,
  bulkFetchOrDefaultStatItems_1: ofMany,
  bulkGetOrDefaultByUserId: () => ({ body: { statCodes: ['kills'] } }),
  incUserStatItemValue: increment,
  publicIncUserStatItemValue: increment,
  'publicIncUserStatItemValue, of me': () => ({ params: { userId: 'me' }, ...increment() }),
  publicIncUserStatItem: increment,
  updateUserStatItemValue: strategy,
  updateUserStatItemValue_1: strategy,
  ...lists('admin bulkIncUserStatItemValue v1', 'public bulkIncUserStatItemValue v1'),
  ...lists('admin bulkIncUserStatItem v1', 'public bulkIncUserStatItem v1'),
  ...lists('admin bulkUpdateUserStatItem v2', 'public bulkUpdateUserStatItem v2'),
  ...lists('admin bulkResetUserStatItem v1', 'public bulkResetUserStatItem v1'),
  bulkResetUserStatItemValues: items,
  bulkCreateUserStatItems: items,
  publicBulkCreateUserStatItems: items,
}

const access: GatewayFixtures['access'] = {
  AdminListAchievements: 'service',
  AdminCreateNewAchievement: 'service',
  AdminGetAchievement: 'service',
  AdminUpdateAchievement: 'service',
  AdminUpdateAchievementListOrder: 'service',
  AdminDeleteAchievement: 'operator',
  PublicListAchievements: 'title',
  PublicGetAchievement: 'title',
  ExportAchievements: 'service',
  ImportAchievements: 'service',
  AdminListTags: 'service',
  PublicListTags: 'title',
  AdminListUserAchievements: 'service',
  PublicListUserAchievements: 'player',
  AdminBatchQueryUserAchievements: 'service',
  AdminUnlockAchievement: 'service',
  PublicUnlockAchievement: 'player',
  AdminBulkUnlockAchievement: 'service',
  PublicBulkUnlockAchievement: 'player',
  AdminResetAchievement: 'operator',
  AdminAnonymizeUserAchievement: 'operator',
  AdminListGlobalAchievements: 'service',
  PublicListGlobalAchievements: 'title',
  AdminListGlobalAchievementContributors: 'service',
  ListGlobalAchievementContributors: 'title',
  AdminListUserContributions: 'service',
  ListUserContributions: 'player',
  ResetGlobalAchievement: 'operator',
  ClaimGlobalAchievementReward: 'player',
  BulkCreatePSNEvent: 'unserved',
  getStats: 'service',
  queryStats: 'service',
  createStat: 'service',
  createStat_1: 'service',
  getStat: 'service',
  updateStat: 'service',
  deleteStat: 'operator',
  deleteTiedStat: 'operator',
  getUserStatItems: 'service',
  publicQueryUserStatItems_1: 'player',
  'publicQueryUserStatItems_1, of me': 'self',
  publicQueryUserStatItems: 'player',
  AdminListUsersStatItems: 'service',
  publicQueryUserStatItems_2: 'player',
  getStatItems: 'service',
  bulkFetchStatItems: 'service',
  bulkFetchStatItems_1: 'player',
  bulkFetchOrDefaultStatItems: 'service',
  bulkFetchOrDefaultStatItems_1: 'service',
  bulkGetOrDefaultByUserId: 'service',
  incUserStatItemValue: 'service',
  publicIncUserStatItemValue: 'player',
  'publicIncUserStatItemValue, of me': 'self',
  publicIncUserStatItem: 'player',
  updateUserStatItemValue: 'service',
  updateUserStatItemValue_1: 'player',
  resetUserStatItemValue: 'service',
  resetUserStatItemValue_1: 'player',
  createUserStatItem: 'service',
  publicCreateUserStatItem: 'player',
  deleteUserStatItems: 'operator',
  deleteUserStatItems_1: 'operator',
  deleteUserStatItems_2: 'operator',
  'admin bulkIncUserStatItemValue v1': 'service',
  'admin bulkIncUserStatItemValue v1 of many': 'service',
  'public bulkIncUserStatItemValue v1': 'player',
  'public bulkIncUserStatItemValue v1 of many': 'player',
  'admin bulkIncUserStatItem v1': 'service',
  'admin bulkIncUserStatItem v1 of many': 'service',
  'public bulkIncUserStatItem v1': 'player',
  'public bulkIncUserStatItem v1 of many': 'player',
  'admin bulkUpdateUserStatItem v2': 'service',
  'admin bulkUpdateUserStatItem v2 of many': 'service',
  'public bulkUpdateUserStatItem v2': 'player',
  'public bulkUpdateUserStatItem v2 of many': 'player',
  'admin bulkResetUserStatItem v1': 'service',
  'admin bulkResetUserStatItem v1 of many': 'service',
  'public bulkResetUserStatItem v1': 'player',
  'public bulkResetUserStatItem v1 of many': 'player',
  bulkResetUserStatItemValues: 'service',
  bulkCreateUserStatItems: 'service',
  publicBulkCreateUserStatItems: 'player',
}

/** Error codes of a denied item, and of items that are absent or there already, which only a permitted caller learns. */
const DENIED = 20013
const LOOKED_UP = [12242, 12274]

/** Bulk operations answer 200, and each item has its own outcome. */
function outcomeOf(call: string, _target: RouteTarget, status: number, body: string): Outcome | undefined {
  if (status !== 200 || !/bulk(Inc|Update|Reset|Create)/i.test(call)) return undefined
  const [item, ...others] = JSON.parse(body) as { success: boolean; details: { errorCode?: number } }[]
  if (item === undefined || others.length > 0) return `unexpected number of items: ${body}`
  const { errorCode = 0 } = item.details
  if (errorCode === DENIED) return 'denied'
  return item.success || LOOKED_UP.includes(errorCode) ? 'allowed' : `unexpected item: ${body}`
}

const hidden = [
  'ListUserContributions',
  'PublicGetAchievement',
  'PublicListAchievements',
  'PublicListGlobalAchievements',
  'PublicListTags',
  'PublicListUserAchievements',
]

const UNLOCKS = /\/users\/([^/]+)\/achievements\/(?:([^/]+)\/unlock|bulkUnlock)$/

export const fixtures: DialectFixtures = {
  binding: (number) => ({ namespace: `waters-${number}` }),
  account: (number) => `user-${number}`,
  achievementId: () => undefined,
  gateway: {
    access,
    requests,
    reports: ['PublicUnlockAchievement'],
    params: ({ binding, account }) => ({
      namespace: binding['namespace'] ?? '',
      userId: account,
      code: 'a',
      statCode: 'kills',
    }),
    authorization: (token) => `Bearer ${token}`,
    outcomeOf,
    hidden: {
      readingRoutes: ['AdminBatchQueryUserAchievements'],
      beforeUnlock: hidden,
      afterUnlock: hidden,
      toService: hidden,
      unchecked: { masked: ['PublicListUserAchievements'], shown: ['AdminListUserAchievements'] },
    },
  },
  bridge: {
    basePath: '/accelbyte',
    account: 'ada/%2F 1',
    answersEach: true,
    progressed: ['unsupported', 'unsupported', 'unsupported', 'delivered', 'delivered'],
    percents: [0, 0, 0, 12, 33],
    unlocked: ['delivered', 'delivered', 'delivered', 'delivered', 'delivered'],
    readReport({ path, body }) {
      const [, account = '', code] = UNLOCKS.exec(path) ?? []
      return { account, achievements: code === undefined ? JSON.parse(body).achievementCodes : [code] }
    },
    respondTo({ path, body }, errorOf) {
      if (!path.endsWith('/bulkUnlock')) return undefined
      const results = JSON.parse(body).achievementCodes.map((achievementCode: string) => {
        const errorMessage = errorOf(achievementCode)
        const errorDetail = { errorCode: 404, errorMessage }
        return { achievementCode, success: errorMessage === undefined, errorDetail }
      })
      return JSON.stringify(results)
    },
  },
  corpus: {
    rules: [
      [/\.spec\./, { skip: 'a specification of the API' }],
      [/\.schema\./, { skip: 'a schema of the document, not one' }],
    ],
    normalisations: [],
    tryApi: async (folder, url) => [
      ...(await tryAchievementApi(folder, `${url}/accelbyte`)),
      ...(await tryStatisticsApi(folder, `${url}/accelbyte`)),
    ],
  },
  edits: [
    ['export', 'GoalValue', 14],
    ['rest', 'goalValue', 15],
  ].map(([shape, member, goal]) => ({
    said: `a goal of ${goal}`,
    shape: String(shape),
    of: 'counted',
    locale: undefined,
    change: (entry) => ({ ...entry, [String(member)]: Number(goal) }),
    // Neither id nor type of the requirement.
    changed: ({ requirements }) => ({
      requirements: requirements.map((one) => ({ ...one, target: BigInt(Number(goal)) })),
    }),
  })),
  lists: fakeLists,
  lint: lintCases,
  sample: 'export.json',
  parsers: { 'a tag expression': (text) => readTagFilter(new URLSearchParams({ tags: text }))([]) },
}
