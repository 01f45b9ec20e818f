import { isShown } from '../../model/achievement.ts'
import { currentProgress } from '../../model/current-progress.ts'
import { withImportedTotals } from '../../model/imported-totals.ts'
import type { PlayerSummary } from '../../model/player.ts'
import { isAllowed } from '../../model/principal.ts'
import { NOT_STARTED, type ProgressKey } from '../../model/progress.ts'
import type { Extensions, Title } from '../../model/title.ts'
import type { ProgressRecord } from '../../store/progress/progress-rows.ts'
import { progress } from '../authorization.ts'
import type { Call } from '../call.ts'
import { achievementNotFound, achievementOf, titleNotFound } from '../require.ts'
import type { Services } from '../services.ts'

/**
 * Returns a player's progress on an achievement: not started before the first report, also for an unknown player.
 * @throws LaurelError ACHIEVEMENT_NOT_FOUND also if the player does not see the achievement: see `isShown`.
 */
export async function getProgress(
  services: Services,
  request: ProgressKey,
  call: Call,
): Promise<ProgressRecord> {
  const { titleId, playerId, achievementId } = request
  return services.store.read(call.signal, async (queries) => {
    const found = await queries.progress.find(request)
    const [cached] = found ? await services.definitions.loadAt(queries, titleId, [found]) : []
    const achievement = cached ?? (await achievementOf(queries, titleId, achievementId))
    const progress = currentProgress(achievement, found?.progress ?? NOT_STARTED)
    if (!isShown(achievement, progress.state === 'achieved'))
      throw achievementNotFound(titleId, achievementId)
    return { titleId, playerId, achievementId, progress }
  })
}

/** Returns a player's totals of a title, the higher of the stored ones and those of imported documents; zeros before the first report. */
export async function getPlayerSummary(
  services: Services,
  request: { readonly titleId: string; readonly playerId: string },
  call: Call,
): Promise<PlayerSummary> {
  const summary = await services.store.read(call.signal, (queries) =>
    queries.playerTitles.findSummary(request),
  )
  if (summary === undefined) throw titleNotFound(request.titleId)
  const { extensions, ...own } = summary
  return withImportedTotals(own, extensions)
}

export interface PlayerTitleSummary {
  readonly title: Title
  readonly summary: PlayerSummary
  /** The totals of imported documents, by dialect. */
  readonly imported: Extensions
}

/**
 * Returns the titles in which a player has a row, in order of id, each with the player's totals. Titles in which the caller
 * may not read the player's progress are left out.
 */
export async function listPlayerTitles(
  services: Services,
  { playerId }: { readonly playerId: string },
  call: Call,
): Promise<readonly PlayerTitleSummary[]> {
  return services.store.read(call.signal, async (queries) => {
    const summaries: PlayerTitleSummary[] = []
    for (const playerTitle of await queries.playerTitles.listOfPlayer(playerId)) {
      if (!isAllowed(call.principal, progress(playerTitle.titleId, playerId, 'read'))) continue
      const title = await queries.titles.find(playerTitle.titleId)
      // Deleted since the rows were read.
      if (title === undefined) continue
      const { unlockedCount, score, lastUnlockTime, extensions } = playerTitle
      const totals = await queries.titles.findTotals({ playerId, titleId: title.id })
      const own = { playerId, titleId: title.id, unlockedCount, score, lastUnlockTime, ...totals }
      summaries.push({ title, summary: withImportedTotals(own, extensions), imported: extensions })
    }
    return summaries
  })
}
