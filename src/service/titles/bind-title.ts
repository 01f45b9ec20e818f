import { sameJson } from '../../model/json.ts'
import type { Binding, Title } from '../../model/title.ts'
import type { Queries } from '../../store/queries.ts'
import type { Services } from '../services.ts'

type Dialects = Pick<Services, 'dialects'>

/**
 * Replaces the bindings of a title. An id that follows from another title's binding means that title to a gateway, so it is
 * taken too.
 * @throws LaurelError BINDING_TAKEN
 */
export async function bindTitle(
  { dialects }: Dialects,
  queries: Queries,
  current: Pick<Title, 'id' | 'bindings'>,
  bindings: Title['bindings'],
): Promise<void> {
  const isNew = ([dialect, binding]: [string, Binding]) => !sameJson(binding, current.bindings[dialect] ?? {})
  const derived = Object.entries(bindings)
    .filter(isNew)
    .map(([dialect, binding]) => [dialect, dialects.get(dialect)?.ids.completeBinding?.(binding) ?? {}])
  await queries.titleBindings.replace(current.id, bindings, Object.fromEntries(derived))
}
