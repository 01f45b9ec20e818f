import { LaurelError } from '../model/errors.ts'
import type { Binding, Title } from '../model/title.ts'
import { titleOf } from './lookup.ts'
import type { Call, Services } from './services.ts'

export interface FindBoundTitle {
  readonly dialect: string
  /** What the dialect knows the title by; one of its names is enough. */
  readonly binding: Binding
}

/**
 * The title that has these ids in a dialect; where no title has them, the one whose own id it is, so that a title
 * that was never bound in the dialect can be spoken of all the same.
 * @throws LaurelError NOT_FOUND naming the ids.
 */
export async function findBoundTitle(
  services: Services,
  { dialect, binding }: FindBoundTitle,
  call: Call,
): Promise<Title> {
  return services.store.read(call.signal, async (queries) => {
    const [owner] = await queries.titleIdsBoundTo(dialect, binding)
    if (owner !== undefined) return titleOf(queries, owner)
    for (const value of Object.values(binding)) {
      const title = await queries.titleById(value)
      if (title !== undefined && title.bindings[dialect] === undefined) return title
    }
    const ids = Object.entries(binding).map(([name, value]) => `${name} ${value}`)
    const message = `no title has ${ids.join(', ')} in ${dialect}: bind one to it`
    throw new LaurelError('not_found', 'TITLE_NOT_FOUND', message, { metadata: { dialect, ...binding } })
  })
}
