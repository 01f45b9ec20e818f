import type { Stat } from '../../model/stat.ts'
import { statOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export async function getStat(
  services: Services,
  { titleId, code }: { readonly titleId: string; readonly code: string },
  call: Call,
): Promise<Stat> {
  return services.store.read(call.signal, (queries) => statOf(queries, titleId, code))
}
