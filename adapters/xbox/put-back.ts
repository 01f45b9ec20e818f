import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import type { EntryCodec } from './entry-codec.ts'
import { type Difference, stepsTo } from './extension.ts'

/** The changes at one place of an entry, and those further inside it. */
interface Place {
  readonly changes: Difference[]
  readonly inner: Map<string | number, Place>
}

/**
 * Returns the entry with each of the differences that fits it, and which those were. All are put back in one walk:
 * one walk for each would cost the square of what an entry holds.
 */
export function putBack(
  codec: EntryCodec,
  entry: JsonObject,
  changes: readonly Difference[],
): { readonly entry: JsonObject; readonly fitting: ReadonlySet<Difference> } {
  const root = newPlace()
  for (const change of changes) placeAt(root, change.at).changes.push(change)
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

function newPlace(): Place {
  return { changes: [], inner: new Map() }
}

function placeAt(root: Place, at: Difference['at']): Place {
  let basePath = root
  for (const step of at) {
    const inner = basePath.inner.get(step) ?? newPlace()
    basePath.inner.set(step, inner)
    basePath = inner
  }
  return basePath
}

function changedAt(
  before: JsonValue | undefined,
  { changes, inner }: Place,
  parent: string | number | undefined,
  fits: (change: Difference, value: JsonValue | undefined) => boolean,
): JsonValue | undefined {
  let value = before
  for (const change of changes) if (fits(change, value)) value = change.theirs
  if (inner.size === 0 || typeof value !== 'object' || value === null) return value
  if (isJsonObject(value)) {
    const members = new Map(Object.entries(value))
    for (const [step, basePath] of inner) {
      const name = String(step)
      const member = changedAt(members.get(name), basePath, step, fits)
      if (member !== undefined) members.set(name, member)
    }
    return Object.fromEntries(members)
  }
  const list = [...value]
  const indices = new Map(stepsTo(list, parent).map((step, index) => [step, index]))
  for (const [step, basePath] of inner) {
    const index = indices.get(step)
    if (index !== undefined) list[index] = changedAt(list[index], basePath, step, fits) as JsonValue
  }
  return list
}
