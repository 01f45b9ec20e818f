import type { JsonObject } from '../model/json.ts'
import type { DialectId } from '../model/title.ts'
import type { Adapter, Canonical, DecodeContext, EncodeContext } from './adapter.ts'
import { DecodeError } from './decode-error.ts'
import { type Loss, LossReport, type Path } from './losses.ts'
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

/** Encodes a record: completes the ids that the dialect needs, and reports ids and extensions of other dialects as dropped. */
export function encodeEntry(
  adapter: Adapter,
  record: Canonical,
  context: EncodeContext,
  identities: Identities,
): Translated<JsonObject> {
  const report = new LossReport()
  const named = withIdentities(adapter.id, carried(adapter, record, context, report), identities, report)
  const result = adapter.encode(named, report, context)
  reportForeign(adapter.id, named, report)
  return { result, losses: report.losses.filter((loss) => isLossOf(named, context, loss)) }
}

/** Some dialects show each definition with a player's progress: writing it as locked claims nothing about a player. */
function isLossOf(record: Canonical, { purpose }: EncodeContext, { path }: Loss): boolean {
  const formal = purpose === 'definition' && record.progress === undefined
  return !(formal && (path === '$.progress' || path.startsWith('$.progress.')))
}

/** The record without the parts that the shape cannot carry, which are reported. */
function carried(adapter: Adapter, record: Canonical, context: EncodeContext, losses: LossReport): Canonical {
  const shape =
    context.shape === undefined ? shapeFor(adapter, context.purpose) : shapeNamed(adapter, context.shape)
  if (shape === undefined) return record
  const leftOut = partsLeftOut(record, shape)
  if (leftOut.length === 0) return record
  const reduced = { ...record }
  for (const part of leftOut) {
    if (part !== 'progress' || hasBegun(record.progress)) {
      losses.dropped(
        [part],
        undefined,
        `${adapter.displayName} has no place for it in the shape ${shape.name}`,
      )
    }
    // Keep the definition: percent and goals of progress are computed from it.
    if (part !== 'achievement') reduced[part] = undefined
  }
  return reduced
}

function hasBegun(progress: Canonical['progress']): boolean {
  return progress !== undefined && progress.state !== 'not_started'
}

function withIdentities(
  dialect: DialectId,
  record: Canonical,
  identities: Identities,
  losses: LossReport,
): Canonical {
  let { title, achievement } = record
  if (title.binding === undefined) {
    const binding = identities.binding(record)
    losses.defaulted(['title', 'binding'], binding, `the title is not bound in ${dialect}`)
    title = { ...title, binding }
  }
  if (achievement !== undefined && achievement.ids[dialect] === undefined) {
    const id = identities.achievementId(record)
    losses.defaulted(['achievement', 'ids', dialect], id, `the achievement had no id in ${dialect}`)
    achievement = { ...achievement, ids: { ...achievement.ids, [dialect]: id } }
  }
  const isNamed = title === record.title && achievement === record.achievement
  return isNamed ? record : { ...record, title, achievement }
}

/** Reports ids and extensions of other dialects, which this dialect's documents cannot carry. */
function reportForeign(dialect: DialectId, record: Canonical, losses: LossReport): void {
  const ids = record.achievement?.ids ?? {}
  for (const other of Object.keys(ids)) {
    if (other !== dialect) losses.dropped(['achievement', 'ids', other], ids[other], `an id of ${other}`)
  }
  for (const part of PARTS) {
    const extensions = record[part]?.extensions ?? {}
    for (const other of Object.keys(extensions)) {
      if (other === dialect) continue
      for (const [member, value] of Object.entries(extensions[other] ?? {})) {
        losses.dropped([part, 'extensions', other, member], value, `only ${other} knows it`)
      }
    }
  }
}

const PARTS = ['title', 'achievement', 'progress', 'summary'] as const
