import type { Binding, BindingId } from '../model/title.ts'
import type { Adapter } from './adapter.ts'

/** Returns a binding with all ids that follow from its own, as exports, imports, gateways and bridges use them. */
export function withAllIds({ ids }: Pick<Adapter, 'ids'>, binding: Binding): Binding {
  return ids.completeBinding?.(binding) ?? binding
}

/** Returns the ids of a binding, and the ids that follow from all of them together or from each alone. */
export function followingIds(
  { id: dialect, ids }: Pick<Adapter, 'id' | 'ids'>,
  binding: Binding,
): readonly BindingId[] {
  const parts = [binding, ...Object.entries(binding).map(([name, value]) => ({ [name]: value }))]
  return parts.flatMap((part) =>
    Object.entries(withAllIds({ ids }, part)).map(([name, value]) => ({ dialect, name, value })),
  )
}

/** Returns the id for a title that only a document names: `<dialect>-<id>`, with the last id of the dialect that the binding has. */
export function titleIdFor(
  { id: dialect, ids }: Pick<Adapter, 'id' | 'ids'>,
  binding: Binding,
): string | undefined {
  const id = Object.keys(ids.binding).findLast((name) => Object.hasOwn(binding, name))
  return id === undefined ? undefined : `${dialect}-${binding[id]}`
}
