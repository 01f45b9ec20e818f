import { NOT_STARTED } from '../../model/progress.ts'
import type { ProgressKey, ProgressRecord } from '../../store/progress/progress.ts'
import { achievementOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

/** Not started for a player of whom nothing was ever reported: nobody has to register first. */
export async function getProgress(
  services: Services,
  request: ProgressKey,
  call: Call,
): Promise<ProgressRecord> {
  const { titleId, playerId, achievementId } = request
  return services.store.read(call.signal, async (queries) => {
    const [record] = await queries.progress.listAt([request])
    if (record !== undefined) return record
    await achievementOf(queries, titleId, achievementId)
    return { titleId, playerId, achievementId, progress: NOT_STARTED }
  })
}
