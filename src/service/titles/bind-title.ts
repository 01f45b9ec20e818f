import { withAllIds } from '../../dialect/bindings.ts'
import { sameJson } from '../../model/json.ts'
import type { Binding, Title } from '../../model/title.ts'
import type { Queries } from '../../store/queries.ts'
import { checkBindings } from '../exchange/check-ids.ts'
import type { Services } from '../services.ts'

type Dialects = Pick<Services, 'dialects'>

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
  const isNew = ([dialect, binding]: [string, Binding]) => !sameJson(binding, current.bindings[dialect] ?? {})
  const derived = Object.entries(bindings)
    .filter(isNew)
    .map(([dialect, binding]) => {
      const adapter = dialects.get(dialect)
      return [dialect, adapter === undefined ? {} : withAllIds(adapter, binding)]
    })
  await queries.titleBindings.replace(current.id, bindings, Object.fromEntries(derived))
}
