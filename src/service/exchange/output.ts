import type { Adapter, Canonical, EncodeContext, Shape } from '../../dialect/adapter.ts'
import { DocumentWriter } from '../../dialect/document.ts'
import type { Loss } from '../../dialect/losses.ts'
import { purposeOf, shapeFor, shapeNamed } from '../../dialect/shapes.ts'
import { encodeEntry, type Identities } from '../../dialect/translate.ts'
import { invalidArgument, LaurelError } from '../../model/errors.ts'
import type { JsonObject } from '../../model/json.ts'
import { pack } from '../../model/packed.ts'
import type { DocumentOptions, ExportPart } from './document-parts.ts'
import { derivedBinding } from './identities.ts'
import { lossesRejected } from './read-entries.ts'

type Purpose = EncodeContext['purpose']

/** A part is sent once it has this many UTF-16 units, or this many losses. */
const PART_LENGTH = 64 * 1024
const MAX_PART_LOSSES = 1000

/** Writes a document in parts. */
export class DocumentOutput {
  readonly #adapter: Adapter
  readonly #shape: string | undefined
  readonly #single: boolean
  #writer: DocumentWriter | undefined
  #text = ''
  #losses: Loss[] = []
  readonly #reportedTitleLosses = new Set<string>()
  #entryCount = 0
  #lossCount = 0

  constructor(adapter: Adapter, shape: string | undefined, single = false) {
    this.#adapter = adapter
    this.#shape = shape
    this.#single = single
  }

  /** Appends an entry. Returns a part once it is full. */
  add(json: JsonObject, purpose: Purpose, losses: readonly Loss[]): ExportPart | undefined {
    this.#entryCount += 1
    this.#text += this.#writerFor(purpose).entry(json)
    this.#addLosses(losses)
    return this.#text.length < PART_LENGTH && this.#losses.length < MAX_PART_LOSSES ? undefined : this.#part()
  }

  end(losses: readonly Loss[] = [], purpose: Purpose = 'definition'): ExportPart {
    this.#text += this.#writerFor(purpose).end()
    this.#addLosses(losses)
    return { ...this.#part(), summary: { entryCount: this.#entryCount, lossCount: this.#lossCount } }
  }

  /** The purpose of the first entry decides the format of the list. */
  #writerFor(purpose: Purpose): DocumentWriter {
    const shape = this.#shape ?? shapeFor(this.#adapter, purpose)?.name ?? ''
    this.#writer ??= new DocumentWriter(this.#adapter.envelope, shape, this.#single)
    return this.#writer
  }

  /** Losses of the title are the same for each entry and reported once. */
  #addLosses(losses: readonly Loss[]): void {
    for (const loss of losses) {
      if (loss.path.startsWith('$.title.')) {
        const key = pack(loss)
        if (this.#reportedTitleLosses.has(key)) continue
        this.#reportedTitleLosses.add(key)
      }
      this.#losses.push(loss)
      this.#lossCount += 1
    }
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
  { locale, lossPolicy }: DocumentOptions,
  account: string | undefined,
  purpose: Purpose = purposeFor(adapter, record, shape, '$'),
): { readonly json: JsonObject; readonly purpose: Purpose; readonly losses: readonly Loss[] } {
  const context = { locale, shape: shape?.name, purpose, account }
  const identities: Identities = {
    binding: () => derivedBinding(adapter, titleId),
    achievementId: () => {
      throw new Error(`an achievement of title ${titleId} has no id in ${adapter.id}`)
    },
  }
  const { result, losses } = encodeEntry(adapter, record, context, identities)
  if (lossPolicy === 'reject' && losses.length > 0) throw lossesRejected(losses)
  return { json: result, purpose, losses }
}
