import type { PlayerTitleKey } from '../../../model/progress.ts'
import type { Call } from '../../call.ts'
import { achievementOf, titleOf } from '../../require.ts'
import type { Services } from '../../services.ts'

/**
 * Keeps lazy sources from bringing back progress that an operator is about to reset, however late their documents are. In two transactions:
 * a document that is being written may not have seen the first one, and the second one waits until it is written, so that the reset finds it.
 * @param achievementId undefined for all of the title
 * @throws LaurelError TITLE_NOT_FOUND, ACHIEVEMENT_NOT_FOUND
 */
export async function withholdProgress(
  { store }: Pick<Services, 'store'>,
  key: PlayerTitleKey & { readonly achievementId: string | undefined },
  { signal }: Call,
): Promise<void> {
  const { titleId, playerId, achievementId } = key
  await store.write(signal, async (queries) => {
    if (achievementId === undefined) await titleOf(queries, titleId)
    else await achievementOf(queries, titleId, achievementId)
    const player = await queries.players.lock(playerId)
    const isDeleted = player === undefined && (await queries.tombstones.find([playerId])).size > 0
    if (!isDeleted) await queries.migrationPulls.insertReset(key, achievementId)
  })
  await store.write(signal, ({ migrationPulls }) =>
    achievementId === undefined ? migrationPulls.endOfPlayer(key) : migrationPulls.waitForPlayer(key),
  )
}
