import type { Adapter, Canonical, Shape } from '../../dialect/adapter.ts'
import { DocumentWriter } from '../../dialect/document.ts'
import type { Loss, LossPolicy } from '../../dialect/losses.ts'
import { type Purpose, purposeOf, shapeFor, shapeNamed } from '../../dialect/shapes.ts'
import { encodeEntry, type Identities } from '../../dialect/translate.ts'
import { invalidArgument, LaurelError } from '../../model/errors.ts'
import type { JsonObject } from '../../model/json.ts'
import type { ExportPart } from './document-parts.ts'
import { type EncodedRecord, EntryLosses } from './entry-losses.ts'
import { derivedBinding } from './identities.ts'
import { lossesRejected } from './read-entries.ts'

/** A part is sent once it has this many UTF-16 units, or this many losses. */
const PART_LENGTH = 64 * 1024
const MAX_PART_LOSSES = 1000

/** The languages of a document whose dialect has one, or does not state one. */
export interface Languages {
  /** The language to prefer; undefined for each record's default. */
  readonly locale: string | undefined
  /** The language that a reader of the document assumes if the caller names none. */
  readonly readerLocale: string
}

/** An entry to write. */
export interface OutputEntry extends EncodedRecord {
  readonly json: JsonObject
  readonly purpose: Purpose
  /** Losses of the entry that the record was read from, by paths of its document. */
  readonly readingLosses?: readonly Loss[]
}

/** Writes a document in parts. */
export class DocumentOutput {
  readonly #adapter: Adapter
  readonly #shape: string | undefined
  readonly #single: boolean
  readonly #lossPolicy: LossPolicy
  readonly #entryLosses: EntryLosses
  #writer: DocumentWriter | undefined
  #text = ''
  #losses: Loss[] = []
  #entryCount = 0
  #lossCount = 0
  #createdIdCount = 0

  constructor(adapter: Adapter, shape: string | undefined, lossPolicy: LossPolicy, single = false) {
    this.#adapter = adapter
    this.#shape = shape
    this.#lossPolicy = lossPolicy
    this.#single = single
    this.#entryLosses = new EntryLosses(single)
  }

  /** Starts a list of its own within the document, as the achievements of each player are. */
  startList(): void {
    this.#entryLosses.restart()
  }

  /** Counts ids of achievements that were created for the document and stored. */
  countCreatedIds(count: number): void {
    this.#createdIdCount += count
  }

  /**
   * Appends an entry. Returns a part once it is full.
   * @throws LaurelError LOSSES_REJECTED under the `reject` policy.
   */
  add(entry: OutputEntry): ExportPart | undefined {
    this.#entryCount += 1
    this.#text += this.#writerFor(entry.purpose, entry.json).entry(entry.json)
    this.#addLosses([...(entry.readingLosses ?? []), ...this.#entryLosses.next(entry)])
    return this.#text.length < PART_LENGTH && this.#losses.length < MAX_PART_LOSSES ? undefined : this.#part()
  }

  end(losses: readonly Loss[] = [], purpose: Purpose = 'definition'): ExportPart {
    this.#text += this.#writerFor(purpose).end()
    this.#addLosses(losses)
    const part = this.#part()
    const [entryCount, lossCount, createdIdCount] = [this.#entryCount, this.#lossCount, this.#createdIdCount]
    return { ...part, summary: { entryCount, lossCount, createdIdCount } }
  }

  /** The shape of the first entry decides the format of the list, the requested shape that of an empty one. */
  #writerFor(purpose: Purpose, first?: JsonObject): DocumentWriter {
    const adapter = this.#adapter
    const shape = first && adapter.shapeOf?.(first, { locale: '', envelope: {} })
    const asked = this.#shape ?? shapeFor(adapter, purpose)?.name ?? ''
    this.#writer ??= new DocumentWriter(adapter.envelope, shape ?? asked, this.#single)
    return this.#writer
  }

  #addLosses(losses: readonly Loss[]): void {
    if (this.#lossPolicy === 'reject' && losses.length > 0) throw lossesRejected(losses, this.#createdIdCount)
    for (const loss of losses) this.#losses.push(loss)
    this.#lossCount += losses.length
  }

  #part(): ExportPart {
    const part = { content: new TextEncoder().encode(this.#text), losses: this.#losses }
    this.#text = ''
    this.#losses = []
    return part
  }
}

/** @throws LaurelError with the list of the dialect's shapes. */
export function shapeOf(adapter: Adapter, name: string): Shape {
  const shape = shapeNamed(adapter, name)
  if (shape !== undefined) return shape
  const known = adapter.shapes.map((shape) => shape.name).join(', ')
  throw invalidArgument([{ field: 'shape', message: `must be one of ${adapter.id}'s: ${known}` }])
}

/** Returns the purpose that the record is encoded for. @throws LaurelError if the dialect or the shape cannot hold it. */
export function purposeFor(
  adapter: Adapter,
  record: Canonical,
  shape: Shape | undefined,
  path: string,
): Purpose {
  const purpose = purposeOf(adapter, record, shape)
  if (purpose !== undefined) return purpose
  const what = shape === undefined ? adapter.displayName : `the shape ${shape.name} of ${adapter.displayName}`
  const message = `${path}: ${what} cannot hold the entry`
  throw new LaurelError('failed_precondition', 'DOCUMENT_REFUSED', message, { metadata: { path } })
}

/** Encodes a stored record, whose achievement already has its id in the dialect. */
export function encodeRecord(
  adapter: Adapter,
  titleId: string,
  record: Canonical,
  shape: Shape | undefined,
  { locale, readerLocale }: Languages,
  account: string | undefined,
  purpose: Purpose = purposeFor(adapter, record, shape, '$'),
): OutputEntry {
  const context = { locale, readerLocale: locale ?? readerLocale, shape: shape?.name, purpose, account }
  const identities: Identities = {
    binding: () => derivedBinding(adapter, titleId),
    achievementId: () => {
      throw new Error(`an achievement of title ${titleId} has no id in ${adapter.id}`)
    },
  }
  const { result, losses } = encodeEntry(adapter, record, context, identities)
  return { record, json: result, purpose, losses }
}
