import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import type { EntryCodec } from './entry-codec.ts'
import { type Difference, stepsTo } from './extension.ts'

/** The changes at one path of an entry, and those below it. */
interface Node {
  readonly changes: Difference[]
  readonly inner: Map<string | number, Node>
}

/**
 * Returns the entry with every difference that fits it, and the set of these. Applies all in one traversal: one traversal each would
 * take quadratic time.
 */
export function putBack(
  codec: EntryCodec,
  entry: JsonObject,
  changes: readonly Difference[],
): { readonly entry: JsonObject; readonly fitting: ReadonlySet<Difference> } {
  const root = newNode()
  for (const change of changes) nodeAt(root, change.at).changes.push(change)
  const fitting = new Set<Difference>()
  const isFree = ({ at }: Difference) => at.length === 1 && codec.free.has(String(at[0]))
  const changed = changedAt(entry, root, undefined, (change, value) => {
    const { ours } = change
    const fits =
      isFree(change) ||
      (value === undefined ? ours === undefined : ours !== undefined && sameJson(value, ours))
    if (fits) fitting.add(change)
    return fits
  })
  return { entry: changed as JsonObject, fitting }
}

function newNode(): Node {
  return { changes: [], inner: new Map() }
}

function nodeAt(root: Node, at: Difference['at']): Node {
  let node = root
  for (const step of at) {
    const inner = node.inner.get(step) ?? newNode()
    node.inner.set(step, inner)
    node = inner
  }
  return node
}

function changedAt(
  before: JsonValue | undefined,
  { changes, inner }: Node,
  parent: string | number | undefined,
  fits: (change: Difference, value: JsonValue | undefined) => boolean,
): JsonValue | undefined {
  let value = before
  for (const change of changes) if (fits(change, value)) value = change.theirs
  if (inner.size === 0 || typeof value !== 'object' || value === null) return value
  if (isJsonObject(value)) {
    const members = new Map(Object.entries(value))
    for (const [step, below] of inner) {
      const name = String(step)
      const member = changedAt(members.get(name), below, step, fits)
      if (member !== undefined) members.set(name, member)
    }
    return Object.fromEntries(members)
  }
  const list = [...value]
  const indices = new Map(stepsTo(list, parent).map((step, index) => [step, index]))
  for (const [step, below] of inner) {
    const index = indices.get(step)
    if (index !== undefined) list[index] = changedAt(list[index], below, step, fits) as JsonValue
  }
  return list
}
