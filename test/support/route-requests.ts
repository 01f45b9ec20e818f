import { gateways } from '../../src/registry.ts'
import { definition } from './accelbyte-client.ts'

/** Of what a request is about. */
export interface RouteTarget {
  /** Of `PLACES`: each has titles of its own, so that what one takes away no other misses, nor counts its calls. */
  readonly place: number
  readonly title: 'own' | 'other'
  readonly player: 'ann' | 'ben'
}

/** Each gateway at each of its mounts. */
export const PLACES = gateways.flatMap((gateway) => gateway.mounts.map((mount) => ({ gateway, mount })))

export type TitleOf = Pick<RouteTarget, 'place' | 'title'>

export function titleIdOf({ place, title }: TitleOf): string {
  return `${title}-${place}`
}

/** What each dialect knows a title by; nothing that is Laurel's own id. */
export function bindingsOf({ place, title }: TitleOf) {
  const number = (title === 'own' ? 1000 : 2000) + place
  const scid = `00000000-0000-0000-0000-0000${number.toString(16).padStart(8, '0')}`
  return {
    accelbyte: { namespace: `waters-${number}` },
    discord: { application_id: `46161815917114${number}` },
    xbox: { service_config_id: scid, title_id: String(number) },
  }
}

export const ACCOUNTS = {
  ann: { accelbyte: 'user-one', discord: '80351110224678911', xbox: '2533274600000001' },
  ben: { accelbyte: 'user-two', discord: '80351110224678922', xbox: '2533274600000002' },
} as const

/** Definitions that each title has, with their ids in the dialects that number them. */
export const ACHIEVEMENTS = {
  a: { discord: '461618159171141601', xbox: '1' },
  goal: { discord: '461618159171141602', xbox: '2' },
  doomed: { discord: '461618159171141603', xbox: '3' },
  'doomed again': { discord: '461618159171141604', xbox: '4' },
} as const

export const STATS = ['kills', 'flags', 'unused', 'used'] as const

export interface RouteRequest {
  /** Of the path, where they are not the usual ones. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a form as it is. */
  readonly body?: object
}

type Requests = Readonly<Record<string, (target: RouteTarget) => RouteRequest>>

/** The parameters of any path. */
export function paramsOf(target: RouteTarget): Readonly<Record<string, string>> {
  const { accelbyte, discord, xbox } = bindingsOf(target)
  const account = ACCOUNTS[target.player]
  const isXbox = PLACES[target.place]?.gateway.dialect === 'xbox'
  return {
    ...{ namespace: accelbyte.namespace, userId: account.accelbyte, code: 'a', statCode: 'kills' },
    ...{ application: discord.application_id, achievement: ACHIEVEMENTS.a.discord },
    ...{ scid: xbox.service_config_id, achievementId: ACHIEVEMENTS.a.xbox },
    user: isXbox ? `xuid(${account.xbox})` : account.discord,
  }
}

const unique = () => crypto.randomUUID().slice(0, 8)

const stat = () => ({
  body: { statCode: `new-${unique()}`, name: 'New', defaultValue: 0, setBy: 'CLIENT' },
})
const increment = () => ({ body: { inc: 1 } })
const strategy = () => ({ body: { updateStrategy: 'INCREMENT', value: 1 } })
const goal = () => ({ params: { code: 'goal' } })
const unlocks = () => ({ body: { achievementCodes: ['a'] } })
const ofMany = ({ player }: RouteTarget) => ({
  query: { statCode: 'kills', userIds: ACCOUNTS[player].accelbyte },
})
/** An item of any list. */
const items = ({ player }: RouteTarget) => ({
  body: [
    { statCode: 'kills', userId: ACCOUNTS[player].accelbyte, inc: 1, updateStrategy: 'INCREMENT', value: 1 },
  ],
})
/** Each by the user of the path, and by those of the items. */
const lists = (...names: readonly string[]): Requests =>
  Object.fromEntries(names.flatMap((name) => [name, `${name} of many`]).map((name) => [name, items]))

const ACCELBYTE: Requests = {
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
  // Of the goal itself, a claim that cannot be is answered as a bad request.
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

const described = () => ({ body: { name: 'New', description: '' } })
const renamed = () => ({ body: { name: 'x' } })
const reported = () => ({ body: { percent_complete: 10 } })

const DISCORD: Requests = {
  'create achievement': described,
  'create achievement (oauth2)': described,
  'update achievement': renamed,
  'update achievement (oauth2)': renamed,
  'delete achievement': () => ({ params: { achievement: ACHIEVEMENTS.doomed.discord } }),
  'delete achievement (oauth2)': () => ({ params: { achievement: ACHIEVEMENTS['doomed again'].discord } }),
  'update user achievement': reported,
  'update user achievement, of @me': () => ({ params: { user: '@me' }, ...reported() }),
  'list user achievements': ({ player }) => (player === 'ann' ? { params: { user: '@me' } } : {}),
}

const modern = { headers: { 'x-xbl-contract-version': '2' } }
const inTitle = (target: TitleOf) => ({ titleId: bindingsOf(target).xbox.title_id })
const update = {
  body: { action: 'progressUpdate', achievements: [{ id: ACHIEVEMENTS.a.xbox, percentComplete: 10 }] },
}

const XBOX: Requests = {
  listAchievements: (target) => ({ ...modern, query: inTitle(target) }),
  'listAchievements, of me': (target) => ({ ...modern, query: inTitle(target), params: { user: 'me' } }),
  'listAchievements, of all titles': () => ({ ...modern, query: { maxItems: '1000' } }),
  'listAchievements, possible ones': (target) => ({
    ...modern,
    query: { ...inTitle(target), possibleOnly: 'true' },
  }),
  listTitleAchievements: (target) => ({
    headers: { 'x-xbl-contract-version': '1' },
    query: inTitle(target),
  }),
  getAchievement: () => modern,
  updateAchievements: () => ({ ...modern, ...update }),
  'updateAchievements, of me': () => ({ ...modern, ...update, params: { user: 'me' } }),
  listTitles: () => ({ ...modern, query: { maxItems: '1000' } }),
}

/**
 * By dialect and name, what a well-formed request has beside its path; some routes are asked in several ways. Those that
 * take no more than the path are not here.
 */
export const ROUTE_REQUESTS: Readonly<Record<string, Requests>> = {
  accelbyte: ACCELBYTE,
  discord: DISCORD,
  xbox: XBOX,
}
