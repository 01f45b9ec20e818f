import type { Achievement } from '../../model/achievement.ts'
import { isJsonObject, type JsonValue, sameJson } from '../../model/json.ts'
import type { DialectId, Extensions } from '../../model/title.ts'
import type { Canonical, DecodeContext, EncodeContext, ProgressFacts } from '../adapter.ts'
import { EMPTY_OBJECT } from '../empty.ts'
import { lossValue } from '../loss-value.ts'
import type { LossReport, Path } from '../losses.ts'
import { hasFacts } from '../translate.ts'
import { importedProgress } from './imported-progress.ts'

type Part = 'title' | 'achievement' | 'progress' | 'summary'
type Reasons<Facts> = Readonly<Partial<Record<keyof Facts, string>>>

/** How one dialect explains its losses. */
export interface LossRules {
  readonly dialect: DialectId
  /**
   * Why a field may come back otherwise, for a person. A field without a reason has no place in the dialect, and is reported as
   * dropped as a whole.
   */
  readonly reasons: { readonly [P in Part]?: Reasons<NonNullable<Canonical[P]>> }
  /** Whether definitions carry no requirements, so that a reader cannot relate values to a percent. */
  readonly hasNoRequirements?: boolean
  /** Whether items of lists are reported as a whole; otherwise the members that differ are. */
  readonly hasWholeItems?: boolean
  /** Whether a member of the dialect's own extension is compared. Absent: none is. */
  comparesExtension?(member: string): boolean
}

/**
 * Reports each difference between a record and `back`, which its dialect reads from the entry that it wrote for the record. Losses
 * are measured instead of declared, so none is silent and none is a false alarm. `encodeEntry` reports the ids and extensions of
 * other dialects, and parts that the shape does not carry. An entry without a definition may leave its title to the reader.
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
    if (before === after || (part === 'achievement' && after === undefined)) continue
    measure.compare(...asImported(part, record, back, rules), [part])
    if (before && after) measure.compareExtensions(before.extensions, after.extensions, part)
  }
}

/** Returns a part of the record and of `back` as an import understands them. */
function asImported(part: Part, record: Canonical, back: Canonical, rules: LossRules): [unknown, unknown] {
  if (part === 'title' && back.achievement === undefined && back.title.binding === undefined) {
    return [record.title, { ...back.title, binding: record.title.binding }]
  }
  if (part !== 'progress' || record.progress === undefined || back.progress === undefined) {
    return [record[part], back[part]]
  }
  const definition = rules.hasNoRequirements === true ? undefined : (record.achievement ?? back.achievement)
  const before = importedProgress(definition, record.progress)
  const after = withoutZero(definition, before, importedProgress(definition, back.progress))
  if (record.achievement === undefined || back.achievement === undefined) return [before, after]
  // Beside its definition, progress that says nothing claims nothing about a player, and its id is the definition's.
  if (!hasFacts(record.progress) && !hasFacts(back.progress)) return [before, before]
  return [before, { ...after, achievementId: before.achievementId }]
}

/** Some rows always have a value: zero stands for none, unless it is that of the only requirement. */
function withoutZero(
  definition: Achievement | undefined,
  before: ProgressFacts,
  after: ProgressFacts,
): ProgressFacts {
  if (definition?.requirements.length === 1 || Object.keys(before.values).length > 0) return after
  const isZero = Object.values(after.values).every((value) => Number(value) === 0)
  return isZero ? { ...after, values: EMPTY_OBJECT } : after
}

/** Returns how a reader of the document reads the entry of a record. */
export function readingOf(
  { achievement }: Canonical,
  { readerLocale, locale }: EncodeContext,
): DecodeContext {
  return { locale: readerLocale ?? achievement?.name.locale ?? locale ?? '', envelope: EMPTY_OBJECT }
}

class Measure {
  readonly #losses: LossReport
  readonly #rules: LossRules

  constructor(losses: LossReport, rules: LossRules) {
    this.#losses = losses
    this.#rules = rules
  }

  compare(before: unknown, after: unknown, path: Path): void {
    if (path.length === 2 && path[1] !== 'ids' && this.#reasonFor(path) === undefined && !isNothing(before)) {
      this.#losses.dropped(path, lossValue(before, path.at(-1)), this.#noPlace())
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

  /** Members of the dialect's own extension, each as a whole. A member that encoding adds takes the place of none. */
  compareExtensions(before: Extensions, after: Extensions, part: string): void {
    const { dialect, comparesExtension } = this.#rules
    if (comparesExtension === undefined || before[dialect] === after[dialect]) return
    const [from, to] = [before[dialect] ?? {}, after[dialect] ?? {}]
    for (const [member, value] of Object.entries(from)) {
      const left = own(to, member)
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
    const [from, to] = [lossValue(before, path.at(-1)), lossValue(after, path.at(-1))]
    const reason = this.#reasonFor(path) ?? this.#noPlace()
    if (isNothing(to)) this.#losses.dropped(path, from, reason)
    else if (isNothing(from)) this.#losses.defaulted(path, to as JsonValue, reason)
    else this.#losses.coerced(path, from, to, reason)
  }

  #reasonFor([part = '', field = '']: Path): string | undefined {
    if (field === 'extensions') return 'it has no place in this form of entry'
    const reasons: Readonly<Record<string, Readonly<Record<string, string>>>> = this.#rules.reasons
    return reasons[part]?.[field]
  }

  #noPlace(): string {
    return `${this.#rules.dialect} has no place for it`
  }
}

type Members = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Members {
  return isJsonObject(value as JsonValue)
}

function own(object: Members, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function isNothing(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0)
}
