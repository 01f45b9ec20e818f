import type { Canonical, DecodeContext, EncodeContext } from '../../src/dialect/adapter.ts'
import { tryReading } from '../../src/dialect/decode-error.ts'
import { measureLosses, readingOf } from '../../src/dialect/kit/measure-losses.ts'
import type { LossReport } from '../../src/dialect/losses.ts'
import { type JsonObject, sameJson } from '../../src/model/json.ts'
import { achievementCodec } from './achievement.ts'
import { isIgnored, recognise } from './decode.ts'
import type { EntryCodec } from './entry-codec.ts'
import {
  type Difference,
  type ExtensionMember,
  extensionMembers,
  extensionOf,
  FORM,
  VERBATIM,
} from './extension.ts'
import { withDerivedIds } from './ids.ts'
import { legacyCodec } from './legacy.ts'
import { LOSS_RULES } from './losses.ts'
import { putBack } from './put-back.ts'
import { firstTitleCodec, titleCodec } from './title.ts'
import { updateCodec } from './update.ts'

/** Writes an entry, and measures its losses by reading it back. */
export function encode(record: Canonical, losses: LossReport, context: EncodeContext): JsonObject {
  const codec = codecFor(record, context)
  const reading = readingOf(record, context)
  const plain = codec.write(record, context)
  const meaning = codec.read(plain, reading).record
  measureLosses(withAllIds(record), withAllIds(meaning), losses, LOSS_RULES)
  const keepsMeaning = (entry: JsonObject) => means(codec, entry, meaning, reading)
  return withExtensionMembers(codec, record, plain, keepsMeaning, losses)
}

/** An id of the title that follows from the other one is neither lost nor made up. */
function withAllIds(record: Canonical): Canonical {
  return { ...record, title: { ...record.title, binding: withDerivedIds(record.title.binding) } }
}

const CODECS = new Map<string, EntryCodec>([
  ['achievement', achievementCodec],
  ['legacy', legacyCodec],
  ['title', titleCodec],
  ['update', updateCodec],
])

/** Progress without a definition is an update, whatever is asked for: an entry of the other shapes would make a definition up. */
function codecFor(record: Canonical, { shape, purpose }: EncodeContext): EntryCodec {
  const named = CODECS.get(shape ?? '')
  if (named === titleCodec || purpose === 'summary')
    return extensionOf(record, 'summary')[FORM] === 'title_v1' ? firstTitleCodec : titleCodec
  if (record.achievement === undefined) return updateCodec
  return named ?? (extensionOf(record, 'achievement')[FORM] === 'legacy' ? legacyCodec : achievementCodec)
}

/** The entry with the differences of its extensions, unless they change its meaning. */
function withExtensionMembers(
  codec: EntryCodec,
  record: Canonical,
  plain: JsonObject,
  keepsMeaning: (entry: JsonObject) => boolean,
  losses: LossReport,
): JsonObject {
  const members = extensionMembers(codec, record)
  const changes = members.flatMap((member) => member.changes)
  const restored = putBack(codec, plain, changes)
  const isSafe = changesNothing(codec, members) || keepsMeaning(restored.entry)
  const { entry, fitting } = isSafe
    ? restored
    : putBack(codec, plain, harmless(codec, plain, changes, keepsMeaning))
  for (const { part, name, value, changes: own } of members) {
    // An original text is no fact: it may be dropped when the record or the shape changes.
    if (name === VERBATIM || own.some((change) => fitting.has(change))) continue
    losses.dropped([part, 'extensions', 'xbox', name], value, 'it has no place in this form of entry')
  }
  return entry
}

/** Whether `decode` ignores every member that the extensions add. */
function changesNothing(codec: EntryCodec, members: readonly ExtensionMember[]): boolean {
  return members.every(({ changes }) =>
    changes.every(({ at }) => at.length === 1 && isIgnored(codec, String(at[0]))),
  )
}

/** Reading an entry once costs time in proportion to its size, so that the number of readings is bounded. */
const MAX_READINGS = 64

/** Returns the changes that keep the meaning, found by bisection; omits the rest after `MAX_READINGS`. */
function harmless(
  codec: EntryCodec,
  plain: JsonObject,
  changes: readonly Difference[],
  keepsMeaning: (entry: JsonObject) => boolean,
): readonly Difference[] {
  const found: Difference[] = []
  let readings = 0
  const keep = (some: readonly Difference[]): void => {
    if (some.length === 0 || readings >= MAX_READINGS) return
    readings += 1
    if (keepsMeaning(putBack(codec, plain, [...found, ...some]).entry)) {
      found.push(...some)
      return
    }
    if (some.length === 1) return
    const middle = some.length >> 1
    keep(some.slice(0, middle))
    keep(some.slice(middle))
  }
  keep(changes)
  return found
}

/** Whether an entry is still read with the same codec, and as the same record. */
function means(codec: EntryCodec, entry: JsonObject, meaning: Canonical, reading: DecodeContext): boolean {
  const recognised = recognise(entry, {})
  const said = tryReading(() => codec.read(recognised.said, reading).record)
  return recognised.codec === codec && sameJson(meaning, said)
}
