/**
 * The callers that an RPC allows.
 * - `authenticated`: every authenticated caller.
 * - `operator`: the operator.
 * - `manager`: the operator, and services of the title.
 * - `title`: these, and every player of the title.
 * - `player`: managers, and players for themselves.
 * - `operatorOrSelf`: the operator, and the player whom the call is about.
 * - `serviceOrSelf`: the operator, services of any title, and the player whom the call is about.
 */
export type RpcAccess =
  | 'authenticated'
  | 'operator'
  | 'manager'
  | 'title'
  | 'player'
  | 'operatorOrSelf'
  | 'serviceOrSelf'

/** The access of each request of `RPC_REQUESTS`. */
export const RPC_ACCESS: Readonly<Record<string, RpcAccess>> = {
  createAchievement: 'manager',
  getAchievement: 'manager',
  listAchievements: 'manager',
  updateAchievement: 'manager',
  deleteAchievement: 'operator',
  reorderAchievement: 'manager',
  batchGetAchievements: 'manager',
  listAchievementRevisions: 'manager',
  restoreAchievementRevision: 'manager',
  getBackfill: 'manager',
  listBackfills: 'manager',
  listUnlockTotals: 'title',
  createDestination: 'manager',
  getDestination: 'manager',
  getDestinationHealth: 'manager',
  listDestinations: 'manager',
  updateDestination: 'manager',
  deleteDestination: 'operator',
  pauseDestination: 'manager',
  resumeDestination: 'manager',
  testDestination: 'manager',
  listDeliveries: 'manager',
  getDelivery: 'manager',
  replayDelivery: 'manager',
  replayDeliveries: 'manager',
  listAchievementDeliveries: 'manager',
  listCommunityProgress: 'manager',
  'listCommunityProgress, as players see it': 'title',
  listContributors: 'manager',
  listContributions: 'player',
  claimReward: 'player',
  resetCommunityProgress: 'operator',
  getCaller: 'authenticated',
  listDialects: 'authenticated',
  translate: 'authenticated',
  importAchievements: 'manager',
  importProgress: 'manager',
  exportAchievements: 'manager',
  exportProgress: 'manager',
  lintTitle: 'manager',
  previewAchievement: 'manager',
  'previewAchievement, with a player': 'manager',
  planImport: 'manager',
  planPromotion: 'operator',
  planReversal: 'manager',
  applyPlan: 'manager',
  getPlan: 'manager',
  listPlanChanges: 'manager',
  previewImage: 'manager',
  uploadImage: 'manager',
  createPlayer: 'operator',
  getPlayer: 'operatorOrSelf',
  exportPlayer: 'operator',
  listPlayers: 'operator',
  updatePlayer: 'operator',
  deletePlayer: 'operator',
  mergePlayers: 'operator',
  linkAccount: 'operator',
  unlinkAccount: 'operator',
  findPlayer: 'operator',
  recordProgress: 'player',
  'recordProgress, at a stated time': 'manager',
  unlockAchievement: 'player',
  recordStats: 'player',
  batchRecordProgress: 'player',
  streamProgress: 'player',
  watchProgress: 'manager',
  'watchProgress, as the player sees it': 'player',
  listEvents: 'manager',
  'listEvents, as the player sees it': 'player',
  listAuditEntries: 'manager',
  'listAuditEntries, of all titles': 'operator',
  getProgress: 'manager',
  listProgress: 'manager',
  'listProgress, as the player sees it': 'player',
  grantAchievement: 'manager',
  revokeAchievement: 'manager',
  restoreAchievement: 'manager',
  resetProgress: 'operator',
  getPlayerSummary: 'player',
  listPlayerSummaries: 'serviceOrSelf',
  createStat: 'manager',
  getStat: 'manager',
  listStats: 'manager',
  updateStat: 'manager',
  deleteStat: 'operator',
  listStatValues: 'player',
  createTitle: 'manager',
  getTitle: 'manager',
  listTitles: 'operator',
  updateTitle: 'manager',
  deleteTitle: 'operator',
}
