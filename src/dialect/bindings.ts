import type { Binding } from '../model/title.ts'
import type { Adapter } from './adapter.ts'

/** Returns the ids of a binding and those that follow from them: the ids that exports, imports, gateways and bridges use. */
export function withAllIds({ ids }: Pick<Adapter, 'ids'>, binding: Binding): Binding {
  return ids.completeBinding?.(binding) ?? binding
}

/** Returns the id for a title that only a document names: `<dialect>-<last id of the binding>`. */
export function titleIdFor({ id: dialect }: Pick<Adapter, 'id'>, binding: Binding): string | undefined {
  const id = Object.values(binding).at(-1)
  return id === undefined ? undefined : `${dialect}-${id}`
}
