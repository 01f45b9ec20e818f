import type { MethodDefinition } from '@grpc/grpc-js'
import * as achievements from '../../src/gen/laurel/v1/achievement_service.ts'
import * as audit from '../../src/gen/laurel/v1/audit_service.ts'
import * as caller from '../../src/gen/laurel/v1/caller_service.ts'
import * as community from '../../src/gen/laurel/v1/community_service.ts'
import * as bridge from '../../src/gen/laurel/v1/destination_service.ts'
import * as events from '../../src/gen/laurel/v1/event_service.ts'
import * as exchange from '../../src/gen/laurel/v1/exchange_service.ts'
import * as images from '../../src/gen/laurel/v1/image_service.ts'
import * as migrationJobs from '../../src/gen/laurel/v1/migration_job_service.ts'
import * as plans from '../../src/gen/laurel/v1/plan_service.ts'
import * as players from '../../src/gen/laurel/v1/player_service.ts'
import { ProgressView } from '../../src/gen/laurel/v1/progress.ts'
import * as progress from '../../src/gen/laurel/v1/progress_service.ts'
import * as stats from '../../src/gen/laurel/v1/stat_service.ts'
import * as titles from '../../src/gen/laurel/v1/title_service.ts'
import { fixturesOf } from './dialect-fixtures.ts'
import { CODED, UNCODED } from './documents.ts'
import { exportOf } from './record-export.ts'

export interface Rpc {
  readonly definition: MethodDefinition<object, object>
  /** Returns the request with defaults for its other fields. */
  complete(request: object): object
}

/** Every RPC of the contract, by name. */
export const RPCS: ReadonlyMap<string, Rpc> = new Map(
  [
    rpcsOf(achievements, achievements.AchievementServiceService),
    rpcsOf(audit, audit.AuditServiceService),
    rpcsOf(caller, caller.CallerServiceService),
    rpcsOf(community, community.CommunityServiceService),
    rpcsOf(bridge, bridge.DestinationServiceService),
    rpcsOf(events, events.EventServiceService),
    rpcsOf(exchange, exchange.ExchangeServiceService),
    rpcsOf(images, images.ImageServiceService),
    rpcsOf(migrationJobs, migrationJobs.MigrationJobServiceService),
    rpcsOf(plans, plans.PlanServiceService),
    rpcsOf(players, players.PlayerServiceService),
    rpcsOf(progress, progress.ProgressServiceService),
    rpcsOf(stats, stats.StatServiceService),
    rpcsOf(titles, titles.TitleServiceService),
  ].flat(),
)

function rpcsOf(module: object, service: object): readonly (readonly [string, Rpc])[] {
  const messages = module as Readonly<Record<string, { fromPartial(request: object): object }>>
  return Object.entries(service as Record<string, Rpc['definition']>).map(([name, definition]) => {
    const message = messages[`${name[0]?.toUpperCase()}${name.slice(1)}Request`]
    if (message === undefined) throw new Error(`${name} has no request of its name`)
    return [name, { definition, complete: (request) => message.fromPartial(request) }]
  })
}

const EMPTY_LIST = new TextEncoder().encode('[]')

/** The title and the player that a call is about. */
export interface Target {
  readonly title: string
  readonly player: string
}

const text = { locale: 'en', text: 'x' }
const hook = { dialect: 'webhook', url: 'https://hooks.example/', credential: 'env:LAUREL_CREDENTIAL_HOOK' }
const accountOf = (number: number) => ({ dialect: UNCODED, accountId: fixturesOf(UNCODED).account(number) })
const unlock = { achievementId: 'a', occurredTime: undefined }
const stated = { seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: 0 }

/** A picture of one pixel. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

/** A job whose input names players and achievements, each unlocked. */
const migrationJobOf = (titleId: string) => ({
  titleId,
  jobId: 'moved',
  mapping: { format: 1, player: { field: 'player' }, achievement: { field: 'achievement' } },
})

const ofAchievement = ({ title: titleId }: Target) => ({ titleId, achievementId: 'a' })
const noPlan = ({ title: titleId }: Target) => ({ titleId, planId: 'none' })
const ofHook = ({ title: titleId }: Target) => ({ titleId, destinationId: 'hook' })
const noJob = ({ title: titleId }: Target) => ({ titleId, jobId: 'none' })

/** Returns the calls that create what the requests below name in a title. */
export function recordsOf(titleId: string): readonly (readonly [rpc: string, request: object])[] {
  const ids = ['a', 'gone']
  return [
    ['createTitle', { title: { titleId, displayName: titleId, defaultLocale: 'en' } }],
    ['createStat', { stat: { titleId, statCode: 'kills', setBy: 1 } }],
    ...ids.map((achievementId) => {
      const achievement = { titleId, achievementId, name: text, description: text }
      return ['createAchievement', { achievement }] as const
    }),
  ]
}

/** A valid request for each RPC, by name; some RPCs have several requests with different permissions. */
export const RPC_REQUESTS: Readonly<Record<string, (target: Target) => object>> = {
  createAchievement: ({ title: titleId }) => ({
    achievement: { titleId, achievementId: `new-${crypto.randomUUID()}`, name: text, description: text },
  }),
  getAchievement: ofAchievement,
  listAchievements: ({ title: titleId }) => ({ titleId }),
  updateAchievement: ({ title: titleId }) => ({
    achievement: { titleId, achievementId: 'a', name: text },
    updateMask: ['name'],
  }),
  deleteAchievement: ({ title: titleId }) => ({ titleId, achievementId: 'gone' }),
  reorderAchievement: ({ title: titleId }) => ({ titleId, achievementId: 'a', listOrder: 1 }),
  listAchievementRevisions: ({ title: titleId }) => ({ titleId, achievementId: 'a' }),
  restoreAchievementRevision: ({ title: titleId }) => ({ titleId, achievementId: 'a', revisionId: '1' }),
  getBackfill: ofAchievement,
  listBackfills: ({ title: titleId }) => ({ titleId }),
  listUnlockTotals: ({ title: titleId }) => ({ titleId }),
  batchGetAchievements: ({ title: titleId }) => ({ titleId, achievementIds: ['a'] }),

  createDestination: ({ title: titleId }) => ({
    destination: { titleId, ...hook, destinationId: crypto.randomUUID() },
  }),
  getDestination: ofHook,
  getDestinationHealth: ofHook,
  listDestinations: ({ title: titleId }) => ({ titleId }),
  updateDestination: ({ title: titleId }) => ({
    destination: { titleId, destinationId: 'hook', displayName: 'x' },
    updateMask: ['display_name'],
  }),
  deleteDestination: ({ title: titleId }) => ({ titleId, destinationId: 'gone' }),
  pauseDestination: ofHook,
  resumeDestination: ofHook,
  testDestination: ofHook,
  listDeliveries: ofHook,
  getDelivery: ({ title: titleId }) => ({ titleId, destinationId: 'hook', eventId: '1' }),
  replayDelivery: ({ title: titleId }) => ({ titleId, destinationId: 'hook', eventId: '1' }),
  replayDeliveries: ({ title: titleId }) => ({ titleId, destinationId: 'hook' }),
  listAchievementDeliveries: ({ title: titleId, player: playerId }) => ({ titleId, playerId }),

  listCommunityProgress: ({ title: titleId }) => ({ titleId }),
  'listCommunityProgress, as players see it': ({ title: titleId }) => ({
    titleId,
    view: ProgressView.PLAYER,
  }),
  listContributors: ({ title: titleId }) => ({ titleId, achievementId: 'a' }),
  listContributions: ({ title: titleId, player: playerId }) => ({ titleId, playerId }),
  claimReward: ({ title: titleId, player: playerId }) => ({ titleId, playerId, achievementId: 'a' }),
  resetCommunityProgress: ({ title: titleId }) => ({ titleId, achievementId: 'a', reason: 'x' }),
  getCaller: ({ title: titleId }) => ({ titleId }),
  listDialects: () => ({}),
  translate: () => ({ from: CODED, to: UNCODED, content: EMPTY_LIST }),
  importAchievements: ({ title: titleId }) => ({ dialect: CODED, titleId, content: EMPTY_LIST }),
  importProgress: ({ title: titleId, player: playerId }) => ({
    dialect: CODED,
    titleId,
    playerId,
    content: EMPTY_LIST,
  }),
  exportRecords: ({ title: titleId }) => ({ titleIds: [titleId] }),
  importRecords: () => ({ content: new TextEncoder().encode(exportOf([])) }),
  exportAchievements: ({ title: titleId }) => ({ dialect: UNCODED, titleId }),
  exportProgress: ({ title: titleId, player: playerId }) => ({ dialect: UNCODED, titleId, playerId }),
  lintTitle: ({ title: titleId }) => ({ titleId }),
  previewAchievement: ({ title: titleId }) => ({
    titleId,
    subject: { $case: 'achievementId', value: 'a' },
  }),
  'previewAchievement, with a player': ({ title: titleId, player: playerId }) => ({
    titleId,
    subject: { $case: 'achievementId', value: 'a' },
    playerId,
  }),
  createMigrationJob: ({ title: titleId }) => ({ job: migrationJobOf(titleId) }),
  getMigrationJob: noJob,
  listMigrationJobs: ({ title: titleId }) => ({ titleId }),
  feedMigrationJob: ({ title: titleId }) => ({ titleId, jobId: 'none', source: 'rows' }),
  planMigrationJob: ({ title: titleId }) => ({ ...migrationJobOf(titleId), source: 'rows', content: PIXEL }),
  verifyMigrationJob: ({ title: titleId }) => ({ titleId, jobId: 'none', source: 'rows' }),
  pauseMigrationJob: noJob,
  resumeMigrationJob: noJob,
  cancelMigrationJob: noJob,
  finishMigrationJob: noJob,
  rollbackMigrationJob: ({ title: titleId }) => ({ titleId, jobId: 'none', reason: 'x' }),
  deleteMigrationJob: noJob,
  listMigrationRefusals: noJob,
  listMigrationConflicts: noJob,
  planImport: ({ title: titleId }) => ({ dialect: CODED, titleId, content: EMPTY_LIST }),
  planPromotion: ({ title: titleId }) => ({ titleId, sourceTitleId: `source-of-${titleId}` }),
  planReversal: noPlan,
  applyPlan: noPlan,
  getPlan: noPlan,
  listPlanChanges: noPlan,
  previewImage: ({ title: titleId }) => ({ titleId, url: 'https://pictures.invalid/icon.png' }),
  uploadImage: ({ title: titleId }) => ({ titleId, image: PIXEL }),
  createPlayer: () => ({ player: { playerId: `new-${crypto.randomUUID()}` } }),
  getPlayer: ({ player: playerId }) => ({ playerId }),
  exportPlayer: ({ player: playerId }) => ({ playerId }),
  listPlayers: () => ({}),
  updatePlayer: ({ player: playerId }) => ({
    player: { playerId, displayName: 'x' },
    updateMask: ['display_name'],
  }),
  deletePlayer: () => ({ playerId: 'gone' }),
  mergePlayers: ({ player: playerId }) => ({ playerId, absorbedPlayerId: 'gone' }),
  linkAccount: ({ player: playerId }) => ({ playerId, account: accountOf(999) }),
  unlinkAccount: ({ player: playerId }) => ({ playerId, account: accountOf(998) }),
  findPlayer: () => accountOf(25),
  recordProgress: ({ title: titleId, player: playerId }) => ({
    titleId,
    playerId,
    achievementId: 'a',
    report: { $case: 'percent', value: 1 },
  }),
  'recordProgress, at a stated time': ({ title: titleId, player: playerId }) => ({
    titleId,
    playerId,
    achievementId: 'a',
    report: { $case: 'percent', value: 1 },
    occurredTime: stated,
  }),
  unlockAchievement: ({ title: titleId, player: playerId }) => ({ titleId, playerId, ...unlock }),
  recordStats: ({ title: titleId, player: playerId }) => ({
    titleId,
    playerId,
    updates: [{ statCode: 'kills', operation: 1, value: 1 }],
  }),
  batchRecordProgress: ({ title: titleId, player: playerId }) => ({
    items: [{ titleId, playerId, achievementId: 'a', report: { $case: 'percent', value: 1 } }],
  }),
  streamProgress: ({ title: titleId, player: playerId }) => ({
    items: [{ titleId, playerId, achievementId: 'a', report: { $case: 'percent', value: 1 } }],
  }),
  watchProgress: ({ title: titleId, player: playerId }) => ({ titleId, filter: { playerIds: [playerId] } }),
  'watchProgress, as the player sees it': ({ title: titleId, player: playerId }) => ({
    titleId,
    filter: { playerIds: [playerId] },
    view: ProgressView.PLAYER,
  }),
  listEvents: ({ title: titleId, player: playerId }) => ({ titleId, playerId }),
  'listEvents, as the player sees it': ({ title: titleId, player: playerId }) => ({
    titleId,
    playerId,
    view: ProgressView.PLAYER,
  }),
  listAuditEntries: ({ title: titleId }) => ({ titleId }),
  'listAuditEntries, of all titles': () => ({}),
  getProgress: ({ title: titleId, player: playerId }) => ({ titleId, playerId, achievementId: 'a' }),
  listProgress: ({ title: titleId, player: playerId }) => ({
    titleId,
    playerId,
    view: ProgressView.FULL,
  }),
  'listProgress, as the player sees it': ({ title: titleId, player: playerId }) => ({
    titleId,
    playerId,
    view: ProgressView.PLAYER,
  }),
  grantAchievement: ({ title: titleId, player: playerId }) => ({
    titleId,
    playerId,
    ...unlock,
    reason: 'x',
  }),
  revokeAchievement: ({ title: titleId, player: playerId }) => ({
    titleId,
    playerId,
    ...unlock,
    reason: 'x',
  }),
  restoreAchievement: ({ title: titleId, player: playerId }) => ({
    titleId,
    playerId,
    ...unlock,
    reason: 'x',
  }),
  resetProgress: ({ title: titleId, player: playerId }) => ({ titleId, playerId, reason: 'x' }),
  getPlayerSummary: ({ title: titleId, player: playerId }) => ({ titleId, playerId }),
  listPlayerSummaries: ({ player: playerId }) => ({ playerId }),

  createStat: ({ title: titleId }) => ({ stat: { titleId, statCode: `new-${crypto.randomUUID()}` } }),
  getStat: ({ title: titleId }) => ({ titleId, statCode: 'kills' }),
  listStats: ({ title: titleId }) => ({ titleId }),
  updateStat: ({ title: titleId }) => ({
    stat: { titleId, statCode: 'kills', displayName: 'x' },
    updateMask: ['display_name'],
  }),
  deleteStat: ({ title: titleId }) => ({ titleId, statCode: 'gone' }),
  listStatValues: ({ title: titleId, player: playerId }) => ({ titleId, playerId }),

  createTitle: ({ title: titleId }) => ({ title: { titleId, displayName: 'x', defaultLocale: 'en' } }),
  getTitle: ({ title: titleId }) => ({ titleId }),
  listTitles: () => ({}),
  updateTitle: ({ title: titleId }) => ({
    title: { titleId, displayName: 'x' },
    updateMask: ['display_name'],
  }),
  deleteTitle: ({ title: titleId }) => ({ titleId: `${titleId}-gone` }),
}
