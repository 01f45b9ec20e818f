import type { StatValue } from '../../model/stat.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

/** What a player has of a title's stats, in order of code; untouched ones are not among them. */
export async function listStatValues(
  services: Services,
  request: { readonly titleId: string; readonly playerId: string },
  call: Call,
): Promise<readonly StatValue[]> {
  return services.store.read(call.signal, async (queries) => {
    const values = await queries.stats.listValues(request)
    if (values.length === 0) await titleOf(queries, request.titleId)
    return values
  })
}
