import { LaurelError } from '../../model/errors.ts'
import type { Binding, Title } from '../../model/title.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface FindBoundTitle {
  readonly dialect: string
  /** What the dialect knows the title by; one of its ids is enough. */
  readonly binding: Binding
}

/**
 * Returns the title that is bound to these ids in a dialect. A title's own id is none of them.
 * @throws LaurelError TITLE_NOT_FOUND naming the ids.
 */
export async function findBoundTitle(
  services: Services,
  { dialect, binding }: FindBoundTitle,
  call: Call,
): Promise<Title> {
  return services.store.read(call.signal, async (queries) => {
    const [owner] = await queries.titleBindings.findTitleIds(dialect, binding)
    if (owner !== undefined) return titleOf(queries, owner)
    const ids = Object.entries(binding).map(([name, value]) => `${name} ${value}`)
    const message = `no title has ${ids.join(', ')} in ${dialect}: bind one to it`
    throw new LaurelError('not_found', 'TITLE_NOT_FOUND', message, { metadata: { dialect, ...binding } })
  })
}
