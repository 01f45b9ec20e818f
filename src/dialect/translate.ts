import { LaurelError } from '../model/errors.ts'
import type { JsonObject } from '../model/json.ts'
import type { DialectId, Extensions } from '../model/title.ts'
import type { Adapter, Canonical, DecodeContext, EncodeContext, ProgressFacts } from './adapter.ts'
import { DecodeError } from './decode-error.ts'
import { lossValue } from './loss-value.ts'
import { formatPath, type Loss, LossReport, type Path } from './losses.ts'
import { partsLeftOut, shapeFor, shapeNamed } from './shapes.ts'

export interface Translated<Result> {
  readonly result: Result
  readonly losses: readonly Loss[]
}

/**
 * Decodes an entry. `base` is its path in the document: losses and errors are reported below it.
 * @throws DecodeError for an entry that is not of the dialect.
 */
export function decodeEntry(
  adapter: Adapter,
  entry: JsonObject,
  context: DecodeContext,
  base: Path = [],
): Translated<Canonical> {
  const report = new LossReport(base)
  try {
    return { result: adapter.decode(entry, report, context), losses: report.losses }
  } catch (error) {
    throw error instanceof DecodeError ? error.under(base) : error
  }
}

/** Creates the ids that a record lacks in a dialect. */
export interface Identities {
  binding(record: Canonical): NonNullable<Canonical['title']['binding']>
  achievementId(record: Canonical): string
}

/**
 * Encodes a record: completes the ids that the dialect needs, and reports parts that the shape does not carry, and ids and
 * extensions of other dialects, as dropped. An id that is derived here is no loss, whether the entry has a place for it or not.
 * @throws LaurelError DOCUMENT_REFUSED for a record that the shape cannot hold.
 */
export function encodeEntry(
  adapter: Adapter,
  record: Canonical,
  context: EncodeContext,
  identities: Identities,
): Translated<JsonObject> {
  const report = new LossReport()
  const { remaining, isWritten } = carried(adapter, record, context, report)
  const { named, derived } = withIdentities(adapter.id, remaining, identities)
  const result = encoded(adapter, named, report, context)
  reportForeign(adapter.id, isWritten ? named : { ...named, achievement: undefined }, report)
  const formal = isFormal(record, context) ? ['$.progress'] : []
  const isLoss = ({ path }: Loss) => ![...derived, ...formal].some((outer) => isWithin(path, outer))
  return { result, losses: report.losses.filter(isLoss) }
}

/** A shape may be unable to hold a value, so that its own reader refuses the entry. */
function encoded(
  adapter: Adapter,
  record: Canonical,
  report: LossReport,
  context: EncodeContext,
): JsonObject {
  try {
    return adapter.encode(record, report, context)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const achievementId = record.achievement?.id ?? record.progress?.achievementId ?? ''
    const message = `${adapter.displayName} cannot hold achievement ${achievementId}: ${error.message}; choose another shape, or change the value`
    const metadata = { path: formatPath(error.path), achievementId }
    throw new LaurelError('failed_precondition', 'DOCUMENT_REFUSED', message, { metadata })
  }
}

/** Some dialects show each definition with a player's progress: writing it as locked claims nothing about a player. */
function isFormal({ progress }: Canonical, { purpose }: EncodeContext): boolean {
  return purpose === 'definition' && progress === undefined
}

function isWithin(path: string, outer: string): boolean {
  return path.startsWith(outer) && ['', '.', '['].includes(path.charAt(outer.length))
}

interface Carried {
  /** The record without the parts that the shape cannot carry, but with the definition: progress is computed from it. */
  readonly remaining: Canonical
  /** Whether the shape carries the definition. */
  readonly isWritten: boolean
}

/** Reports the parts that the shape cannot carry. */
function carried(adapter: Adapter, record: Canonical, context: EncodeContext, losses: LossReport): Carried {
  const shape =
    context.shape === undefined ? shapeFor(adapter, context.purpose) : shapeNamed(adapter, context.shape)
  const leftOut = shape === undefined ? [] : partsLeftOut(record, shape)
  const reduced = { ...record }
  for (const part of leftOut) {
    if (part !== 'progress' || hasFacts(record.progress)) {
      const reason = `${adapter.displayName} has no place for it in the shape ${shape?.name}`
      losses.dropped([part], lossValue(record[part]), reason)
    } else reportForeignExtensions(adapter.id, part, record.progress?.extensions ?? {}, losses)
    if (part !== 'achievement') reduced[part] = undefined
  }
  const remaining = leftOut.length === 0 ? record : reduced
  return { remaining, isWritten: !leftOut.includes('achievement') }
}

/** Whether progress says more than that it has not begun. */
export function hasFacts(
  progress: Pick<ProgressFacts, 'state' | 'percent' | 'values' | 'unlockTime' | 'revoked'> | undefined,
): boolean {
  if (progress === undefined) return false
  const { state, percent, values, unlockTime, revoked } = progress
  const hasValues = Object.keys(values).length > 0
  return state !== 'not_started' || percent > 0 || hasValues || unlockTime !== undefined || revoked
}

interface Named {
  readonly named: Canonical
  /** The paths of the ids that the record lacked. */
  readonly derived: readonly string[]
}

function withIdentities(dialect: DialectId, record: Canonical, identities: Identities): Named {
  let { title, achievement } = record
  const derived: string[] = []
  if (title.binding === undefined) {
    title = { ...title, binding: identities.binding(record) }
    derived.push('$.title.binding')
  }
  if (achievement !== undefined && achievement.ids[dialect] === undefined) {
    achievement = {
      ...achievement,
      ids: { ...achievement.ids, [dialect]: identities.achievementId(record) },
    }
    derived.push(formatPath(['achievement', 'ids', dialect]))
  }
  return { named: derived.length === 0 ? record : { ...record, title, achievement }, derived }
}

/** Reports ids and extensions of other dialects, which this dialect's documents cannot carry. */
function reportForeign(dialect: DialectId, record: Canonical, losses: LossReport): void {
  const ids = record.achievement?.ids ?? {}
  for (const other of Object.keys(ids)) {
    if (other !== dialect) losses.dropped(['achievement', 'ids', other], ids[other], `an id of ${other}`)
  }
  for (const part of ['title', 'achievement', 'progress', 'summary'] as const) {
    reportForeignExtensions(dialect, part, record[part]?.extensions ?? {}, losses)
  }
}

/** Reports the extensions of dialects other than this one as dropped. */
export function reportForeignExtensions(
  dialect: DialectId,
  part: string,
  extensions: Extensions,
  losses: LossReport,
): void {
  for (const other of Object.keys(extensions)) {
    if (other === dialect) continue
    for (const [member, value] of Object.entries(extensions[other] ?? {})) {
      losses.dropped([part, 'extensions', other, member], value, `only ${other} knows it`)
    }
  }
}
