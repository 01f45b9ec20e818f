import type { Adapter } from '../../../dialect/adapter.ts'
import { DecodeError } from '../../../dialect/decode-error.ts'
import { type DocumentEntry, readDocument } from '../../../dialect/document.ts'
import { EMPTY_OBJECT } from '../../../dialect/empty.ts'
import { decodeEntry } from '../../../dialect/translate.ts'
import { Turns } from '../../../dialect/turns.ts'
import { formatJson } from '../../../model/exact-json.ts'
import { formatInstant, type Instant } from '../../../model/instant.ts'
import type { MappedRecord, MigrationMapping } from '../../../model/migration-mapping.ts'
import type { Quantity } from '../../../model/quantity.ts'
import { DEFAULT_LOCALE, documentError } from '../../exchange/read-entries.ts'
import { type InputRecord, type InputStart, type Refused, shownText } from '../input-record.ts'
import { type MappingContext, playerReader, refusalOf } from '../mapping/compile-mapping.ts'
import { FieldError } from '../mapping/field-error.ts'
import { readId } from '../mapping/ids.ts'
import { stepsReader } from '../mapping/numbers.ts'

const MAX_BATCH_ENTRIES = 500
const MAX_BATCH_LENGTH = 1024 * 1024
const NONE: readonly never[] = Object.freeze([])

type MapEntry = (entry: DocumentEntry) => readonly (MappedRecord | Refused)[]

/**
 * Reads the progress in a document of a dialect. The content begins at the start of the document, and the position is a number of
 * entries, which are skipped. Definitions and totals have no records.
 * @throws LaurelError for a document that is no JSON, with line and column
 */
export async function* readDialectDocument(
  mapping: MigrationMapping,
  adapter: Adapter,
  context: MappingContext,
  content: AsyncIterable<Uint8Array>,
  { position }: InputStart,
): AsyncGenerator<readonly InputRecord[]> {
  const map = entryMapper(mapping, adapter, context)
  const turns = new Turns()
  let batch: InputRecord[] = []
  let batchLength = 0
  let end = 0
  for await (const entry of entriesOf(adapter, content)) {
    end += 1
    await turns.pause()
    if (end <= position) continue
    const records = map(entry)
    batch.push({ text: textOf(entry, records), end, records })
    batchLength += 'length' in entry ? entry.length : 0
    if (batch.length < MAX_BATCH_ENTRIES && batchLength < MAX_BATCH_LENGTH) continue
    yield batch
    batch = []
    batchLength = 0
  }
  if (batch.length > 0) yield batch
}

async function* entriesOf(
  adapter: Adapter,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<DocumentEntry> {
  try {
    yield* readDocument(adapter.envelope, content)
  } catch (error) {
    throw documentError(error)
  }
}

/** Only refused entries need their text. That of an entry which is too large or too deep is not held in memory. */
function textOf(entry: DocumentEntry, records: readonly (MappedRecord | Refused)[]): string {
  if (!('json' in entry) || !records.some((record) => 'refusal' in record)) return ''
  return shownText(formatJson(entry.json))
}

function entryMapper(
  mapping: MigrationMapping,
  adapter: Adapter,
  { dialects, latest }: MappingContext,
): MapEntry {
  const titleIds = new Map(Object.entries(mapping.title?.ids ?? {}))
  const achievementIds = new Map(Object.entries(mapping.achievement?.ids ?? {}))
  const usesIdentities = mapping.player?.usesIdentities ?? false
  const playerOf = playerReader({ field: ACCOUNT, dialect: adapter.id, usesIdentities }, dialects)
  return (entry) => {
    try {
      if ('error' in entry) throw entry.error
      const decoding = { locale: DEFAULT_LOCALE, envelope: entry.envelope }
      const { title, progress } = decodeEntry(adapter, entry.json, decoding, entry.path).result
      if (progress === undefined) return NONE
      if (progress.account === undefined) throw new FieldError(ACCOUNT, ACCOUNT_NEEDED, undefined)
      const named = Object.values(title.binding ?? {}).find((id) => titleIds.has(id))
      const achievementId = readId('the achievement', progress.achievementId)
      const ours = achievementIds.get(achievementId)
      const { unlockTime } = progress
      if (unlockTime !== undefined && unlockTime > latest) throw new FieldError(...inFuture(unlockTime))
      return [
        {
          titleId: named === undefined ? undefined : titleIds.get(named),
          player: playerOf(progress.account),
          achievement: { dialect: ours === undefined ? adapter.id : undefined, id: ours ?? achievementId },
          binding: title.binding,
          unlocked: progress.state === 'achieved',
          percent: progress.percent,
          values: decimalTexts(progress.values),
          unlockTime,
          updateTime: undefined,
          revoked: progress.revoked,
          extensions: progress.extensions,
          progress: undefined,
        },
      ]
    } catch (error) {
      if (error instanceof DecodeError) return [{ refusal: error.message }]
      return [refusalOf(error)]
    }
  }
}

const ACCOUNT = "the player's account"
const ACCOUNT_NEEDED =
  'in each entry: for documents of one player each, take the format player_documents with $file as the player'

function inFuture(time: Instant): readonly [string, string, string] {
  return ['the unlock time', 'not in the future', formatInstant(time)]
}

function decimalTexts(values: Readonly<Record<string, Quantity>>): Readonly<Record<string, string>> {
  const entries = Object.entries(values)
  if (entries.length === 0) return EMPTY_OBJECT
  return Object.fromEntries(entries.map(([id, value]) => [id, toSteps(value) ?? '0']))
}

const toSteps = stepsReader('the value', 1)
