import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OperationName, type Operations, openOperations } from '../../../src/service/operations.ts'
import { entriesOf } from '../../support/audit.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { CODED } from '../../support/documents.ts'
import { createPlayedTitle, titleId } from '../../support/played-title.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf } from '../../support/services.ts'

/**
 * Each operation of the server: `reads`; `rpc`, audited, and called by its RPC in test/e2e/audit.test.ts; `gateway`, audited, and
 * called below because no RPC calls it; or the reason why it has no audit entry. A new operation does not compile until it is here.
 */
const OPERATIONS: Readonly<Record<OperationName, string>> = {
  createTitle: 'rpc',
  getTitle: 'reads',
  listTitles: 'reads',
  updateTitle: 'rpc',
  deleteTitle: 'rpc',
  claimTitle: 'gateway',
  findBoundTitle: 'reads',
  createAchievement: 'rpc',
  createLimitedAchievement: 'gateway',
  getAchievement: 'reads',
  batchGetAchievements: 'reads',
  listAchievements: 'reads',
  listDialectAchievements: 'reads, and stores at most ids that the dialect needs',
  getCatalogueAchievement: 'reads',
  getDialectAchievement: 'reads',
  updateAchievement: 'rpc',
  reviseAchievement: 'gateway',
  reorderAchievement: 'rpc',
  previewAchievementUpdate: 'reads',
  listAchievementRevisions: 'reads',
  restoreAchievementRevision: 'rpc',
  previewAchievementRestore: 'reads',
  getBackfill: 'reads',
  listBackfills: 'reads',
  findUnlockShares: 'reads',
  listUnlockTotals: 'reads',
  previewAchievement: 'reads',
  deleteAchievement: 'rpc',
  putImage: 'rpc',
  getImage: 'reads',
  createPlayer: 'rpc',
  mergePlayers: 'rpc',
  getPlayer: 'reads',
  findPlayer: 'reads',
  exportPlayer: 'reads',
  listPlayers: 'reads',
  updatePlayer: 'rpc',
  deletePlayer: 'rpc',
  linkAccount: 'rpc',
  unlinkAccount: 'rpc',
  playerOfAccount: 'reads',
  admitAccount: 'the player of a first report needs no registration',
  accountOfPlayer: 'reads',
  createStat: 'rpc',
  getStat: 'reads',
  listStats: 'reads',
  updateStat: 'rpc',
  deleteStat: 'rpc',
  recordStats: 'the progress that follows a stat has events',
  listStatHolders: 'reads',
  listStatUsage: 'reads',
  deleteStatValue: 'gateway',
  listStatItems: 'reads',
  listStatItemsAsAdmin: 'reads',
  listStatValues: 'reads',
  listCommunityGoals: 'reads',
  listAllContributors: 'reads',
  listPlayerContributions: 'reads',
  listCommunityProgress: 'reads',
  listCommunityProgressAsAdmin: 'reads',
  listContributors: 'reads',
  listContributorsAsAdmin: 'reads',
  listContributions: 'reads',
  listContributionsAsAdmin: 'reads',
  claimReward: 'the claim of a player has an event',
  resetCommunityProgress: 'rpc',
  recordProgress: 'a report has an event',
  batchRecordProgress: 'reports have events',
  unlockAchievements: 'reports have events',
  unlockAchievementsAsAdmin: 'reports have events',
  getProgress: 'reads',
  listProgress: 'reads',
  listTitleProgress: 'reads',
  listPlayerTitles: 'reads',
  getPlayerSummary: 'reads',
  grantAchievement: 'rpc',
  revokeAchievement: 'rpc',
  restoreAchievement: 'rpc',
  resetProgress: 'rpc',
  listEvents: 'reads',
  watchProgress: 'reads',
  listAuditEntries: 'reads',
  createDestination: 'rpc',
  getDestination: 'reads',
  getDestinationHealth: 'reads',
  listDestinations: 'reads',
  updateDestination: 'rpc',
  deleteDestination: 'rpc',
  pauseDestination: 'rpc',
  resumeDestination: 'rpc',
  testDestination: 'rpc',
  listDeliveries: 'reads',
  getDelivery: 'reads',
  replayDelivery: 'rpc',
  replayDeliveries: 'rpc',
  listAchievementDeliveries: 'reads',
  getCaller: 'reads',
  previewImage: 'reads',
  listDialects: 'reads',
  translate: 'reads',
  importAchievements: 'rpc',
  importOnlyDefinitions: 'gateway',
  importProgress: 'rpc',
  planImport: 'changes nothing until the plan is applied',
  planPromotion: 'changes nothing until the plan is applied',
  planReversal: 'changes nothing until the plan is applied',
  applyPlan: 'rpc',
  getPlan: 'reads',
  listPlanChanges: 'reads',
  createMigrationJob: 'rpc',
  getMigrationJob: 'reads',
  listMigrationJobs: 'reads',
  feedMigrationJob: 'writes the progress of the job, whose creation and end are audited',
  feedMigrationIdentities: 'writes the identity map of the job, whose creation and end are audited',
  planMigrationJob: 'reads',
  verifyMigrationJob: 'reads',
  pauseMigrationJob: 'rpc',
  resumeMigrationJob: 'rpc',
  cancelMigrationJob: 'rpc',
  finishMigrationJob: 'rpc',
  rollbackMigrationJob: 'rpc',
  deleteMigrationJob: 'rpc',
  listMigrationRefusals: 'reads',
  listMigrationConflicts: 'reads',
  exportAchievements: 'reads, and stores at most ids that the dialect needs',
  lintTitle: 'reads',
  exportRecords: 'reads',
  importRecords: 'rpc',
  exportProgress: 'reads, and stores at most ids that the dialect needs',
}

let played: Awaited<ReturnType<typeof createPlayedTitle>>
let operations: Operations
const call = { ...callOf(), operation: 'platform/Route' }
const once = { requestId: undefined }

beforeAll(async () => {
  played = await createPlayedTitle()
  operations = openOperations(played.services)
  const shared = achievementOf({
    id: 'shared',
    participation: 'community',
    requirements: [requirementOf({ statCode: 'kills' })],
  })
  await operations.createAchievement({ titleId, achievement: shared, ...once }, callOf())
  const updates = [{ code: 'kills', operation: 'increment', value: 1 } as const]
  await operations.recordStats(
    { titleId, playerId: 'ann', updates, occurredTime: undefined, ...once },
    callOf(),
  )
})
afterAll(() => played[Symbol.asyncDispose]())

async function* emptyDocument() {
  yield new TextEncoder().encode('[]')
}

const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  claimTitle: () =>
    operations.claimTitle(
      { dialect: CODED, binding: fixturesOf(CODED).binding(1), titleId: 'claimed' },
      call,
    ),
  createLimitedAchievement: () =>
    operations.createLimitedAchievement(
      { titleId, achievement: achievementOf({ id: 'one' }), limit: 9 },
      call,
    ),
  reviseAchievement: () =>
    operations.reviseAchievement({ titleId, achievementId: 'one', revise: () => ({ tags: ['new'] }) }, call),
  deleteStatValue: () =>
    operations.deleteStatValue({ titleId, playerId: 'ann', code: 'kills', ...once }, call),
  importOnlyDefinitions: () =>
    Array.fromAsync(
      operations.importOnlyDefinitions(
        {
          titleId,
          dialect: CODED,
          content: emptyDocument(),
          mapping: {},
          locale: undefined,
          strategy: 'replace',
          dryRun: false,
          allowRebinding: false,
          lossPolicy: 'report',
        },
        call,
      ),
    ),
}

describe('an operation without an RPC of its own', () => {
  test('is called below if it is audited', () => {
    const audited = Object.entries(OPERATIONS).filter(([, kind]) => kind === 'gateway')
    expect(Object.keys(CALLS).sort()).toEqual(audited.map(([name]) => name).sort())
  })

  test.each(Object.entries(CALLS))('%s writes one entry with the name of the route', async (_, run) => {
    const before = await entriesOf(played.services)
    await run()
    const entries = await entriesOf(played.services)
    expect(entries.slice(0, -before.length)).toMatchObject([{ operation: 'platform/Route', actor: 'tester' }])
  })
})

test('a change that changes nothing has no entry', async () => {
  const key = { titleId, playerId: 'ann' }
  await played.record('ann', 'plain', { kind: 'unlock' })
  const revoke = { ...key, achievementId: 'plain', reason: 'cheat', ...once }
  await operations.revokeAchievement(revoke, call)
  const before = await entriesOf(played.services)
  await operations.revokeAchievement(revoke, call)
  await operations.resetProgress({ ...key, achievementId: 'counted', reason: '', ...once }, call)
  const claim = { dialect: CODED, binding: fixturesOf(CODED).binding(1), titleId: 'claimed' }
  await operations.claimTitle(claim, call)
  expect(await entriesOf(played.services)).toEqual(before)
})

test("a player's own changes have no entry", async () => {
  const bounds = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: false }
  const own = { titleId, code: 'own', displayName: '', setBy: 'client', extensions: {}, ...bounds } as const
  await operations.createStat({ stat: own, ...once }, callOf())
  const updates = [{ code: 'own', operation: 'increment', value: 1 } as const]
  const ofBen = { titleId, playerId: 'ben', ...once }
  await operations.recordStats({ ...ofBen, updates, occurredTime: undefined }, callOf())
  const before = await entriesOf(played.services)
  const permissions = [{ resource: `NAMESPACE:${titleId}:USER:ben:STATITEM`, action: 15 }]
  const ben = { ...call, principal: { kind: 'player', name: 'ben', playerId: 'ben', permissions } } as const
  await operations.deleteStatValue({ ...ofBen, code: 'own' }, ben)
  expect(await entriesOf(played.services)).toEqual(before)
})
