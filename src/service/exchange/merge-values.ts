import { sameJson } from '../../model/json.ts'

/**
 * Three-way merge of a value, as in version control: returns `existing` with the differences between `baseline` and
 * `incoming`. Objects are merged by member and lists by element, so that anything `baseline` does not contain stays.
 */
export function mergeValue(existing: unknown, baseline: unknown, incoming: unknown): unknown {
  if (sameJson(baseline, incoming)) return existing
  if (isObject(existing) && isObject(baseline) && isObject(incoming)) {
    return mergeObject(existing, baseline, incoming)
  }
  if (Array.isArray(existing) && Array.isArray(baseline) && Array.isArray(incoming)) {
    return mergeList(existing, baseline, incoming)
  }
  return incoming
}

type Members = Readonly<Record<string, unknown>>

function mergeObject(existing: Members, baseline: Members, incoming: Members): Members {
  const members = new Map(Object.entries(existing))
  for (const name of new Set([...Object.keys(baseline), ...Object.keys(incoming)])) {
    const [before, after] = [memberOf(baseline, name), memberOf(incoming, name)]
    if (sameJson(before, after)) continue
    const merged = mergeValue(members.get(name), before, after)
    if (merged === undefined) members.delete(name)
    else members.set(name, merged)
  }
  return Object.fromEntries(members)
}

/** A run of the merged list: an existing element, and the new elements that the document has after it. */
interface Run {
  /** The index of the existing element. */
  readonly at: number
  readonly elements: unknown[]
}

/**
 * Elements that the baseline lacks stay behind the element that they follow. The order is the existing one, unless the
 * document has another order than the baseline.
 */
function mergeList(
  existing: readonly unknown[],
  baseline: readonly unknown[],
  incoming: readonly unknown[],
): readonly unknown[] {
  const shown = pairsOf(baseline, existing, likenessOf)
  const known = pairsOf(incoming, baseline, (left, right) =>
    haveDifferentIds(left, right) ? 0 : likenessOf(left, right),
  )
  // If the baseline splits an element, or has an element that the existing list lacks, the document's elements are taken whole.
  const isSplit = shown.size < baseline.length
  const added: unknown[] = []
  const runs: Run[] = []
  for (const [index, element] of incoming.entries()) {
    const before = known.get(index)
    const at = before === undefined ? undefined : shown.get(before)
    if (before !== undefined && at !== undefined) {
      runs.push({ at, elements: [isSplit ? element : mergeValue(existing[at], baseline[before], element)] })
    } else {
      const last = runs.at(-1)?.elements ?? added
      last.push(element)
    }
  }
  const isReordered = isFalling([...known.values()])
  const sorted = isReordered ? runs : [...runs].sort((left, right) => left.at - right.at)
  const hidden = hiddenBehind(existing, new Set(shown.values()), new Set(runs.map(({ at }) => at)))
  const first = hidden.get(BEFORE_ALL) ?? []
  const all = sorted.flatMap(({ at, elements }) => [...elements, ...(hidden.get(at) ?? [])])
  return runs.length === 0 ? [...first, ...added] : [...first, ...added, ...all]
}

const BEFORE_ALL = -1

/** Returns the elements that the baseline lacks, by the index of the remaining element that they follow. */
function hiddenBehind(
  existing: readonly unknown[],
  shown: ReadonlySet<number>,
  remaining: ReadonlySet<number>,
): ReadonlyMap<number, readonly unknown[]> {
  const hidden = new Map<number, unknown[]>()
  let behind = BEFORE_ALL
  for (const [index, element] of existing.entries()) {
    if (remaining.has(index)) behind = index
    else if (!shown.has(index)) hidden.set(behind, [...(hidden.get(behind) ?? []), element])
  }
  return hidden
}

function isFalling(indices: readonly number[]): boolean {
  return indices.some((index, ordinal) => ordinal > 0 && index < (indices[ordinal - 1] as number))
}

/** Pairs each element of `from` with its most similar element of `to`, the nearest of several; by index, in order of `from`. */
function pairsOf(
  from: readonly unknown[],
  to: readonly unknown[],
  likeness: (left: unknown, right: unknown) => number,
): ReadonlyMap<number, number> {
  const candidates = from.flatMap((left, index) =>
    to.flatMap((right, other) => {
      const score = likeness(left, right)
      return score > 0 ? [{ index, other, score, distance: Math.abs(index - other) }] : []
    }),
  )
  candidates.sort((left, right) => right.score - left.score || left.distance - right.distance)
  const pairs = new Map<number, number>()
  const taken = new Set<number>()
  for (const { index, other } of candidates) {
    if (pairs.has(index) || taken.has(other)) continue
    pairs.set(index, other)
    taken.add(other)
  }
  return new Map([...pairs].sort(([left], [right]) => left - right))
}

/** Returns infinity for equal elements, a very large number for the same id, else the number of equal members. */
function likenessOf(left: unknown, right: unknown): number {
  if (sameJson(left, right)) return Number.POSITIVE_INFINITY
  if (!isObject(left) || !isObject(right)) return 0
  const id = memberOf(left, 'id')
  if (id !== undefined && sameJson(id, memberOf(right, 'id'))) return Number.MAX_SAFE_INTEGER
  const same = (name: string) => left[name] !== undefined && sameJson(left[name], memberOf(right, name))
  return Object.keys(left).filter(same).length
}

function haveDifferentIds(left: unknown, right: unknown): boolean {
  if (!isObject(left) || !isObject(right)) return false
  return !sameJson(memberOf(left, 'id'), memberOf(right, 'id'))
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Safe for a member named `__proto__`. */
function memberOf(object: Members, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}
