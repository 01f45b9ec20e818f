import { formatPath, type Path } from '../../src/dialect/losses.ts'

/**
 * Returns the paths where two values differ, into the first one; an undefined member equals an absent one. Elements of arrays of
 * unequal length are matched by value, not by index.
 */
export function differences(before: unknown, after: unknown, path: Path = []): readonly Path[] {
  if (Object.is(before, after) || (before === 0 && after === 0)) return []
  if (!isComposite(before) || !isComposite(after) || Array.isArray(before) !== Array.isArray(after))
    return [path]
  if (Array.isArray(before) && Array.isArray(after) && before.length !== after.length) {
    return unmatched(before, after, path)
  }
  const isArray = Array.isArray(before)
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) =>
    differences(own(before, name), own(after, name), [...path, isArray ? Number(name) : name]),
  )
}

export function isSame(left: unknown, right: unknown): boolean {
  return differences(left, right).length === 0
}

/** Whether one path is the other, or holds it, or lies within it; both as `formatPath` writes them. */
export function isRelated(left: string, right: string): boolean {
  return isWithin(left, right) || isWithin(right, left)
}

/** Paths as a report writes them. */
export function formatted(paths: readonly Path[]): readonly string[] {
  return paths.map(formatPath)
}

function isWithin(inner: string, outer: string): boolean {
  return inner.startsWith(outer) && ['', '.', '['].includes(inner.charAt(outer.length))
}

/** The elements outside a longest common subsequence: each element of the first; the array itself for the second. */
function unmatched(before: readonly unknown[], after: readonly unknown[], path: Path): readonly Path[] {
  const lengths = before.map(() => after.map(() => 0))
  const lengthAt = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const longest = isSame(before[i], after[j])
        ? 1 + lengthAt(i + 1, j + 1)
        : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1))
      ;(lengths[i] as number[])[j] = longest
    }
  }
  const found: Path[] = []
  let [i, j, matched] = [0, 0, 0]
  while (i < before.length) {
    if (j < after.length && isSame(before[i], after[j])) {
      matched++
      i++
      j++
    } else if (j >= after.length || lengthAt(i + 1, j) >= lengthAt(i, j + 1)) found.push([...path, i++])
    else j++
  }
  return matched === after.length ? found : [...found, path]
}

function isComposite(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined
}
