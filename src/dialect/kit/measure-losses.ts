import { isJsonObject, type JsonValue, sameJson } from '../../model/json.ts'
import type { DialectId, Extensions } from '../../model/title.ts'
import type { Canonical } from '../adapter.ts'
import type { Loss, LossReport, Path } from '../losses.ts'

/** How one dialect explains its losses. Paths are of the record: `['achievement', 'tags', 2]`. */
export interface LossRules {
  readonly dialect: DialectId
  /** Why the dialect cannot carry the value at the path, for a person. */
  reasonFor(path: Path, kind: Loss['kind']): string
  /** Whether the dialect can carry the field at all; if not, it is reported as dropped as a whole. Absent: it can. */
  canCarry?(path: Path): boolean
  /** Whether items of lists are reported as a whole; otherwise the members that differ are. */
  readonly hasWholeItems?: boolean
  /** Whether a member of the dialect's own extension is compared. Absent: none is. */
  comparesExtension?(member: string): boolean
  /** Writes an integer of the model for a person. Absent: as it is. */
  writeInteger?(value: bigint, field: string | number | undefined): JsonValue
}

/**
 * Reports each difference between a record and `back`, which its dialect reads from the entry that it wrote for the record. Losses
 * are measured instead of declared, so none is silent and none is a false alarm. `encodeEntry` reports the ids and extensions of
 * other dialects.
 */
export function measureLosses(
  record: Canonical,
  back: Canonical,
  losses: LossReport,
  rules: LossRules,
): void {
  const measure = new Measure(losses, rules)
  for (const part of ['title', 'achievement', 'progress', 'summary'] as const) {
    const [before, after] = [record[part], back[part]]
    if (before === after) continue
    measure.compare(before, after, [part])
    if (before && after) measure.compareExtensions(before.extensions, after.extensions, part)
  }
}

class Measure {
  readonly #losses: LossReport
  readonly #rules: LossRules

  constructor(losses: LossReport, rules: LossRules) {
    this.#losses = losses
    this.#rules = rules
  }

  compare(before: unknown, after: unknown, path: Path): void {
    if (path.length === 2 && this.#rules.canCarry?.(path) === false) {
      this.#losses.dropped(path, this.#toJson(before, path.at(-1)), this.#rules.reasonFor(path, 'dropped'))
    } else if (Array.isArray(before) && Array.isArray(after) && this.#areAligned(before, after)) {
      for (const [index, item] of before.entries()) {
        if (sameJson(item, after[index])) continue
        if (this.#rules.hasWholeItems === true) this.#report(item, after[index], [...path, index])
        else this.compare(item, after[index], [...path, index])
      }
    } else if (isObject(before) && isObject(after)) {
      for (const name in before) this.#compareMember(name, before, after, path)
      for (const name in after) {
        if (!Object.hasOwn(before, name)) this.#compareMember(name, before, after, path)
      }
    } else this.#report(before, after, path)
  }

  /** Members of the dialect's own extension, each as a whole. */
  compareExtensions(before: Extensions, after: Extensions, part: string): void {
    const { dialect, comparesExtension } = this.#rules
    if (comparesExtension === undefined || before[dialect] === after[dialect]) return
    const [from, to] = [before[dialect] ?? {}, after[dialect] ?? {}]
    for (const member of new Set([...Object.keys(from), ...Object.keys(to)])) {
      const [value, left] = [own(from, member), own(to, member)]
      if (!comparesExtension(member) || sameJson(value, left)) continue
      this.#report(value, left, [part, 'extensions', dialect, member])
    }
  }

  #compareMember(name: string, before: Members, after: Members, path: Path): void {
    if (path.length === 1 && name === 'extensions') return
    if (path.length === 2 && path[1] === 'ids' && path[0] === 'achievement' && name !== this.#rules.dialect)
      return
    const [from, to] = [own(before, name), own(after, name)]
    if (!sameJson(from, to)) this.compare(from, to, [...path, name])
  }

  /** Whether each item stands where it stood: none was lost before another, and none came in. */
  #areAligned(before: readonly unknown[], after: readonly unknown[]): boolean {
    if (before.length === after.length) return true
    const isPrefix = after.length < before.length && sameJson(before.slice(0, after.length), after)
    return this.#rules.hasWholeItems === true && isPrefix
  }

  #report(before: unknown, after: unknown, path: Path): void {
    const [from, to] = [this.#toJson(before, path.at(-1)), this.#toJson(after, path.at(-1))]
    if (to === undefined || isEmptyList(to)) {
      this.#losses.dropped(path, from, this.#rules.reasonFor(path, 'dropped'))
    } else if (from === undefined || isEmptyList(from)) {
      this.#losses.defaulted(path, to, this.#rules.reasonFor(path, 'defaulted'))
    } else this.#losses.coerced(path, from, to, this.#rules.reasonFor(path, 'coerced'))
  }

  /** A value of the model as JSON: without the members that are undefined. */
  #toJson(value: unknown, field: string | number | undefined): JsonValue | undefined {
    if (typeof value === 'bigint') return this.#rules.writeInteger?.(value, field) ?? value
    if (Array.isArray(value)) return value.map((item) => this.#toJson(item, field) ?? null)
    if (!isObject(value)) return value as JsonValue | undefined
    const members = Object.entries(value).flatMap(([name, inner]) => {
      const json = this.#toJson(inner, name)
      return json === undefined ? [] : [[name, json] as const]
    })
    return Object.fromEntries(members)
  }
}

type Members = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Members {
  return isJsonObject(value as JsonValue)
}

function own(object: Members, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function isEmptyList(value: JsonValue): boolean {
  return Array.isArray(value) && value.length === 0
}
