import { followingIds } from '../../dialect/bindings.ts'
import { sameJson } from '../../model/json.ts'
import type { Title } from '../../model/title.ts'
import type { Queries } from '../../store/queries.ts'
import { checkBindings } from '../check-ids.ts'
import type { Services } from '../services.ts'

type Dialects = Pick<Services, 'dialects'>

/**
 * Inserts a title. Returns false if its id exists. Its id may be no other title's id in a dialect, nor an id that follows from it.
 * @throws LaurelError BINDING_TAKEN
 */
export async function insertTitle({ dialects }: Dialects, queries: Queries, title: Title): Promise<boolean> {
  const meanings = [...dialects.values()].flatMap((adapter) =>
    Object.entries(adapter.ids.binding)
      .filter(([, { accepts }]) => accepts(title.id))
      .flatMap(([name]) => followingIds(adapter, { [name]: title.id })),
  )
  return queries.titles.insert(title, meanings)
}

/**
 * Replaces the bindings of a title. An id that follows from another title's binding means that title to a gateway, so it is
 * taken too.
 * @throws LaurelError BINDING_TAKEN; INVALID_FIELD for an id that its dialect cannot express.
 */
export async function bindTitle(
  { dialects }: Dialects,
  queries: Queries,
  current: Pick<Title, 'id' | 'bindings'>,
  bindings: Title['bindings'],
): Promise<void> {
  checkBindings({ dialects }, current.bindings, bindings)
  const following = Object.entries(bindings).flatMap(([dialect, binding]) => {
    const adapter = dialects.get(dialect)
    const isChanged = !sameJson(binding, current.bindings[dialect] ?? {})
    return adapter !== undefined && isChanged ? followingIds(adapter, binding) : []
  })
  await queries.titleBindings.replace(current.id, bindings, following)
}
