import { batchGetAchievements } from './achievements/batch-get-achievements.ts'
import { createAchievement } from './achievements/create-achievement.ts'
import { createLimitedAchievement } from './achievements/create-limited-achievement.ts'
import { deleteAchievement } from './achievements/delete-achievement.ts'
import { getAchievement } from './achievements/get-achievement.ts'
import { getCatalogueAchievement } from './achievements/get-catalogue-achievement.ts'
import { getDialectAchievement } from './achievements/get-dialect-achievement.ts'
import { listAchievements } from './achievements/list-achievements.ts'
import { listDialectAchievements } from './achievements/list-dialect-achievements.ts'
import { reorderAchievement } from './achievements/reorder-achievement.ts'
import { reviseAchievement } from './achievements/revise-achievement.ts'
import { updateAchievement } from './achievements/update-achievement.ts'
import * as right from './authorization.ts'
import { claimReward } from './community/claim-reward.ts'
import { listCommunityProgress } from './community/list-community-progress.ts'
import { listContributions } from './community/list-contributions.ts'
import { listContributors } from './community/list-contributors.ts'
import { resetCommunityProgress } from './community/reset-community-progress.ts'
import { DESTINATION_OPERATIONS } from './destinations/operations.ts'
import { watchProgress } from './events/watch-progress.ts'
import { type ExportAchievementsOptions, exportAchievements } from './exchange/export-achievements.ts'
import { type ExportProgressOptions, exportProgress } from './exchange/export-progress.ts'
import { importAchievements } from './exchange/import-achievements.ts'
import type { ImportOptions } from './exchange/import-document.ts'
import { type ImportOnlyDefinitions, importOnlyDefinitions } from './exchange/import-only-definitions.ts'
import { type ImportProgressOptions, importProgress } from './exchange/import-progress.ts'
import { listDialects } from './exchange/list-dialects.ts'
import { type TranslateOptions, translate } from './exchange/translate.ts'
import { getImage } from './images/get-image.ts'
import { putImage } from './images/put-image.ts'
import {
  authenticated,
  ifStated,
  type Operation,
  operation,
  publicAccess,
  reporting,
  requireAdmin,
} from './operation.ts'
import { accountOfPlayer } from './players/account-of-player.ts'
import { admitAccount } from './players/admit-account.ts'
import { createPlayer } from './players/create-player.ts'
import { deletePlayer } from './players/delete-player.ts'
import { findPlayer } from './players/find-player.ts'
import { getPlayer } from './players/get-player.ts'
import { linkAccount } from './players/link-account.ts'
import { listPlayers } from './players/list-players.ts'
import { playerOfAccount } from './players/player-of-account.ts'
import { unlinkAccount } from './players/unlink-account.ts'
import { updatePlayer } from './players/update-player.ts'
import { batchRecordProgress } from './progress/batch-record-progress.ts'
import { countUnlocks } from './progress/count-unlocks.ts'
import { getPlayerSummary } from './progress/get-player-summary.ts'
import { getProgress } from './progress/get-progress.ts'
import { listPlayerTitles } from './progress/list-player-titles.ts'
import { listProgress } from './progress/list-progress.ts'
import { listTitleProgress } from './progress/list-title-progress.ts'
import { recordProgress } from './progress/record-progress.ts'
import { resetProgress } from './progress/reset-progress.ts'
import { restoreAchievement } from './progress/restore-achievement.ts'
import { revokeAchievement } from './progress/revoke-achievement.ts'
import { unlockAchievements } from './progress/unlock-achievements.ts'
import type { Call, Services } from './services.ts'
import { createStat } from './stats/create-stat.ts'
import { deleteStat } from './stats/delete-stat.ts'
import { deleteStatValue } from './stats/delete-stat-value.ts'
import { getStat } from './stats/get-stat.ts'
import { listStatHolders } from './stats/list-stat-holders.ts'
import { listStatItems } from './stats/list-stat-items.ts'
import { listStatUsage } from './stats/list-stat-usage.ts'
import { listStatValues } from './stats/list-stat-values.ts'
import { listStats } from './stats/list-stats.ts'
import { recordStats } from './stats/record-stats.ts'
import { updateStat } from './stats/update-stat.ts'
import { claimTitle } from './titles/claim-title.ts'
import { createTitle } from './titles/create-title.ts'
import { deleteTitle } from './titles/delete-title.ts'
import { findBoundTitle } from './titles/find-bound-title.ts'
import { getTitle } from './titles/get-title.ts'
import { listTitles } from './titles/list-titles.ts'
import { updateTitle } from './titles/update-title.ts'

/** A document that is sent beside what is asked. */
export type WithContent<Options> = Options & { readonly content: AsyncIterable<Uint8Array> }

/**
 * Every way in: what Laurel can be asked, and the rights that it takes. Who serves a wire calls these and no use
 * case of its own, so that no wire can forget to ask who is there.
 */
const OPERATIONS = {
  listDialects: operation(async (services, _: object) => listDialects(services), authenticated),
  translate: operation(
    (services, { content, ...options }: WithContent<TranslateOptions>, call) =>
      translate(services, options, content, call),
    authenticated,
  ),
  importAchievements: operation(
    (services, { content, ...options }: WithContent<ImportOptions>, call) =>
      importAchievements(services, options, content, call),
    ({ titleId = right.ALL, playerId = right.ALL }) => [
      right.definitions(titleId, 'create'),
      right.definitions(titleId, 'update'),
      right.enforcement(titleId, playerId, 'update'),
    ],
  ),
  importOnlyDefinitions: operation(
    (services, { content, ...options }: WithContent<ImportOnlyDefinitions>, call) =>
      importOnlyDefinitions(services, options, content, call),
    ({ titleId }) => [right.definitions(titleId, 'create'), right.definitions(titleId, 'update')],
  ),
  importProgress: operation(
    (services, { content, ...options }: WithContent<ImportProgressOptions>, call) =>
      importProgress(services, options, content, call),
    ({ titleId = right.ALL, playerId = right.ALL }) => [right.enforcement(titleId, playerId, 'update')],
  ),
  exportAchievements: operation(exportAchievements, ({ titleId }: ExportAchievementsOptions) => [
    right.definitions(titleId, 'read'),
  ]),
  exportProgress: operation(exportProgress, ({ titleId, playerId = right.ALL }: ExportProgressOptions) => [
    right.enforcement(titleId, playerId, 'read'),
  ]),

  createTitle: operation(createTitle, ({ title }) => [right.title(title.id, 'create')]),
  getTitle: operation(getTitle, ({ titleId }) => [right.title(titleId, 'read')]),
  listTitles: operation(listTitles, () => [right.title(right.ALL, 'read')]),
  updateTitle: operation(updateTitle, ({ titleId }) => [right.title(titleId, 'update')]),
  deleteTitle: operation(deleteTitle, ({ titleId }) => [right.title(titleId, 'delete')]),
  claimTitle: operation(claimTitle, ({ titleId = right.ALL }) => [right.title(titleId, 'create')]),
  // Only says which title a platform's ids mean: what is done with it is asked for by its own name.
  findBoundTitle: operation(findBoundTitle, authenticated),

  createAchievement: operation(createAchievement, ({ titleId }) => [right.definitions(titleId, 'create')]),
  getAchievement: operation(getAchievement, ({ titleId }) => [right.definitions(titleId, 'read')]),
  batchGetAchievements: operation(batchGetAchievements, ({ titleId }) => [
    right.definitions(titleId, 'read'),
  ]),
  getCatalogueAchievement: operation(getCatalogueAchievement, ({ titleId }) => [right.catalogue(titleId)]),
  listAchievements: operation(listAchievements, ({ titleId }) => [right.definitions(titleId, 'read')]),
  updateAchievement: operation(updateAchievement, ({ titleId }) => [right.definitions(titleId, 'update')]),
  reviseAchievement: operation(reviseAchievement, ({ titleId }) => [right.definitions(titleId, 'update')]),
  deleteAchievement: operation(deleteAchievement, ({ titleId }) => [right.definitions(titleId, 'delete')]),
  reorderAchievement: operation(reorderAchievement, ({ titleId }) => [right.definitions(titleId, 'update')]),
  getDialectAchievement: operation(getDialectAchievement, ({ titleId }) => [right.catalogue(titleId)]),
  listDialectAchievements: operation(listDialectAchievements, ({ titleId }) => [
    right.definitions(titleId, 'read'),
  ]),
  createLimitedAchievement: operation(createLimitedAchievement, ({ titleId }) => [
    right.definitions(titleId, 'create'),
  ]),

  putImage: operation(putImage, ({ titleId = right.ALL }) => [right.definitions(titleId, 'create')]),
  // Found by the hash of its content alone: who knows that has seen it named.
  getImage: operation(getImage, publicAccess),

  createPlayer: operation(createPlayer, ({ player }) => [right.players(player.id, 'create')]),
  getPlayer: operation(getPlayer, ({ playerId }) => [right.player(playerId, 'read')]),
  findPlayer: operation(findPlayer, () => [right.players(right.ALL, 'read')]),
  listPlayers: operation(listPlayers, () => [right.players(right.ALL, 'read')]),
  updatePlayer: operation(updatePlayer, ({ playerId }) => [right.players(playerId, 'update')]),
  deletePlayer: operation(deletePlayer, ({ playerId }) => [right.players(playerId, 'delete')]),
  linkAccount: operation(linkAccount, ({ playerId }) => [right.players(playerId, 'update')]),
  unlinkAccount: operation(unlinkAccount, ({ playerId }) => [right.players(playerId, 'update')]),
  // Like findBoundTitle: only the meaning of a name that the caller has.
  playerOfAccount: operation(playerOfAccount, authenticated),
  admitAccount: operation(admitAccount, () => [right.someReport()]),
  accountOfPlayer: operation(accountOfPlayer, ({ titleId, playerId }) => [
    right.progress(titleId, playerId, 'read'),
  ]),

  createStat: operation(createStat, ({ stat }) => [right.stats(stat.titleId, 'create')]),
  getStat: operation(getStat, ({ titleId }) => [right.stats(titleId, 'read')]),
  listStats: operation(listStats, ({ titleId }) => [right.stats(titleId, 'read')]),
  updateStat: operation(updateStat, ({ titleId }) => [right.stats(titleId, 'update')]),
  deleteStat: operation(deleteStat, ({ titleId }) => [right.stats(titleId, 'delete')]),
  recordStats: operation(recordStats, ({ titleId, playerId, occurredTime, writer }) => [
    requireAdmin(writer === 'server', right.statValues(titleId, playerId, 'update')),
    ...ifStated(occurredTime, right.enforcement(titleId, playerId, 'update')),
  ]),
  listStatHolders: operation(listStatHolders, ({ titleId }) => [right.stats(titleId, 'read')]),
  listStatUsage: operation(listStatUsage, ({ titleId }) => [right.stats(titleId, 'read')]),
  deleteStatValue: operation(deleteStatValue, ({ titleId, playerId, writer }) => [
    requireAdmin(writer === 'server', right.statValues(titleId, playerId, 'delete')),
  ]),
  listStatItems: operation(listStatItems, ({ titleId, playerId, trusted }) => [
    requireAdmin(trusted, right.statValues(titleId, playerId, 'read')),
  ]),
  listStatValues: operation(listStatValues, ({ titleId, playerId }) => [
    right.statValues(titleId, playerId, 'read'),
  ]),

  listCommunityProgress: operation(listCommunityProgress, ({ titleId, trusted }) => [
    requireAdmin(trusted, right.catalogue(titleId)),
  ]),
  listContributors: operation(listContributors, ({ titleId, trusted }) => [
    requireAdmin(trusted, right.catalogue(titleId)),
  ]),
  listContributions: operation(listContributions, ({ titleId, playerId, trusted }) => [
    requireAdmin(trusted, right.progress(titleId, playerId, 'read')),
  ]),
  claimReward: operation(claimReward, ({ titleId, playerId }) => [
    right.progress(titleId, playerId, 'update'),
  ]),
  resetCommunityProgress: operation(resetCommunityProgress, ({ titleId }) => [
    right.definitions(titleId, 'delete'),
  ]),

  ...DESTINATION_OPERATIONS,

  recordProgress: operation(recordProgress, reporting),
  batchRecordProgress: operation(batchRecordProgress, ({ items }) => items.flatMap(reporting)),
  unlockAchievements: operation(unlockAchievements, ({ titleId, playerId, trusted }) => [
    trusted ? right.enforcement(titleId, playerId, 'update') : right.progress(titleId, playerId, 'update'),
  ]),
  getProgress: operation(getProgress, ({ titleId, playerId }) => [
    right.enforcement(titleId, playerId, 'read'),
  ]),
  listProgress: operation(listProgress, ({ titleId, playerId, view }) => [
    view === 'player'
      ? right.progress(titleId, playerId, 'read')
      : right.enforcement(titleId, playerId, 'read'),
  ]),
  listStandings: operation(listTitleProgress, ({ titleId, playerId }) => [
    playerId === undefined ? right.catalogue(titleId) : right.progress(titleId, playerId, 'read'),
  ]),
  // Says of all players together what a platform tells anybody about the title.
  countUnlocks: operation(countUnlocks, ({ titleId }) => [right.catalogue(titleId)]),
  listPlayerTitles: operation(listPlayerTitles, ({ playerId }) => [
    right.progress(right.SOME, playerId, 'read'),
  ]),
  watchProgress: operation(watchProgress, ({ titleId, view, filter: { playerIds } }) =>
    (playerIds.length === 0 ? [right.ALL] : playerIds).map((playerId) =>
      view === 'player' && playerIds.length > 0
        ? right.progress(titleId, playerId, 'read')
        : right.enforcement(titleId, playerId, 'read'),
    ),
  ),
  getPlayerSummary: operation(getPlayerSummary, ({ titleId, playerId }) => [
    right.progress(titleId, playerId, 'read'),
  ]),
  revokeAchievement: operation(revokeAchievement, ({ titleId, playerId }) => [
    right.enforcement(titleId, playerId, 'update'),
  ]),
  restoreAchievement: operation(restoreAchievement, ({ titleId, playerId }) => [
    right.enforcement(titleId, playerId, 'update'),
  ]),
  resetProgress: operation(resetProgress, ({ titleId, playerId }) => [
    right.enforcement(titleId, playerId, 'delete'),
  ]),
}

type Table = typeof OPERATIONS

export type OperationName = keyof Table

/**
 * The use cases, each behind its check. The check comes before anything else is done, and throws UNAUTHENTICATED or
 * PERMISSION_DENIED.
 */
export type Operations = {
  readonly [Name in OperationName]: (
    request: Parameters<Table[Name]['run']>[1],
    call: Call,
  ) => ReturnType<Table[Name]['run']>
}

export function openOperations(services: Services): Operations {
  const open = ([name, { run, requires }]: [string, Operation<never, unknown>]) => [
    name,
    (request: never, call: Call) => {
      if (requires !== publicAccess) right.authorize(call.principal, requires(request))
      return run(services, request, call)
    },
  ]
  return Object.fromEntries(Object.entries(OPERATIONS).map((entry) => open(entry as never))) as Operations
}
