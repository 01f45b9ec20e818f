import type { Canonical, DecodeContext, EncodeContext } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import type { LossReport } from '../../src/dialect/losses.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { achievementCodec } from './achievement.ts'
import { isIgnored, recognise } from './decode.ts'
import { isSame, reportDifferences } from './difference.ts'
import type { EntryCodec } from './entry-codec.ts'
import { type Difference, extensionOf, FORM, type Memory, memoriesOf, SPELLED } from './extension.ts'
import { legacyCodec } from './legacy.ts'
import { putBack } from './put-back.ts'
import { firstTitleCodec, titleCodec } from './title.ts'
import { updateCodec } from './update.ts'

/** Ours to theirs. What an entry lost is found by reading it back. */
export function encode(record: Canonical, losses: LossReport, context: EncodeContext): JsonObject {
  const codec = codecFor(record, context)
  const reading = { locale: record.achievement?.name.locale ?? context.locale ?? '', envelope: {} }
  const plain = codec.write(record, context)
  const meaning = codec.read(plain, reading).record
  reportDifferences(record, meaning, losses)
  const keepsMeaning = (entry: JsonObject) => means(codec, entry, meaning, reading)
  return withMemories(codec, record, plain, keepsMeaning, losses)
}

const CODECS = new Map<string, EntryCodec>([
  ['achievement', achievementCodec],
  ['legacy', legacyCodec],
  ['title', titleCodec],
  ['update', updateCodec],
])

function codecFor(record: Canonical, { shape, purpose }: EncodeContext): EntryCodec {
  const named = CODECS.get(shape ?? '')
  if (named !== undefined && named !== titleCodec) return named
  const isTitle = named === titleCodec || purpose === 'summary' || (record.summary && !record.achievement)
  if (isTitle) return extensionOf(record, 'summary')[FORM] === 'title_v1' ? firstTitleCodec : titleCodec
  if (record.achievement === undefined) return updateCodec
  return extensionOf(record, 'achievement')[FORM] === 'legacy' ? legacyCodec : achievementCodec
}

/** The entry with what its extensions say, but for whatever would make it mean something else. */
function withMemories(
  codec: EntryCodec,
  record: Canonical,
  plain: JsonObject,
  keepsMeaning: (entry: JsonObject) => boolean,
  losses: LossReport,
): JsonObject {
  const memories = memoriesOf(codec, record)
  const changes = memories.flatMap((memory) => memory.changes)
  const remembered = putBack(codec, plain, changes)
  const isSafe = changesNothing(codec, memories) || keepsMeaning(remembered.entry)
  const { entry, fitting } = isSafe
    ? remembered
    : putBack(codec, plain, harmless(codec, plain, changes, keepsMeaning))
  for (const { part, name, value, changes: own } of memories) {
    // how something was spelled is no fact of its own: it may be forgotten when the record or the form changes
    if (name === SPELLED || own.some((change) => fitting.has(change))) continue
    losses.dropped([part, 'extensions', 'xbox', name], value, 'it has no place in this form of entry')
  }
  return entry
}

/** Whether nobody who reads an entry would look at any of what is remembered. */
function changesNothing(codec: EntryCodec, memories: readonly Memory[]): boolean {
  return memories.every(({ changes }) =>
    changes.every(({ at }) => at.length === 1 && isIgnored(codec, String(at[0]))),
  )
}

/** How many entries are read to find the changes that keep the meaning: each reading costs as much as the entry. */
const MOST_READINGS = 64

/** The changes that keep the meaning, found by halves; what is not found in so many readings is left out. */
function harmless(
  codec: EntryCodec,
  plain: JsonObject,
  changes: readonly Difference[],
  keepsMeaning: (entry: JsonObject) => boolean,
): readonly Difference[] {
  const kept: Difference[] = []
  let readings = 0
  const keep = (some: readonly Difference[]): void => {
    if (some.length === 0 || readings >= MOST_READINGS) return
    readings += 1
    if (keepsMeaning(putBack(codec, plain, [...kept, ...some]).entry)) {
      kept.push(...some)
      return
    }
    if (some.length === 1) return
    const middle = some.length >> 1
    keep(some.slice(0, middle))
    keep(some.slice(middle))
  }
  keep(changes)
  return kept
}

/** Whether an entry is still read as the same form, and as the same record. */
function means(codec: EntryCodec, entry: JsonObject, meaning: Canonical, reading: DecodeContext): boolean {
  try {
    const recognised = recognise(entry, {})
    return recognised.codec === codec && isSame(meaning, codec.read(recognised.said, reading).record)
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}
