import type { Title } from '../../model/title.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export async function getTitle(
  services: Services,
  { titleId }: { readonly titleId: string },
  call: Call,
): Promise<Title> {
  return services.store.read(call.signal, (queries) => titleOf(queries, titleId))
}
