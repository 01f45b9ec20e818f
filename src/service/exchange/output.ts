import type { Adapter, Canonical, EncodeContext, Shape } from '../../dialect/adapter.ts'
import { DocumentWriter } from '../../dialect/document.ts'
import type { Loss } from '../../dialect/losses.ts'
import { purposeOf, shapeFor, shapeNamed } from '../../dialect/shapes.ts'
import { invalidArgument, LaurelError } from '../../model/errors.ts'
import type { JsonObject } from '../../model/json.ts'
import { pack } from '../../model/packed.ts'
import type { ExportPart } from './export-part.ts'

type Purpose = EncodeContext['purpose']

/** A part is sent when it has grown to this many UTF-16 units, or holds this many losses. */
const PART_LENGTH = 64 * 1024
const PART_LOSSES = 1000

/** A document on its way out, in parts. */
export class Output {
  readonly #adapter: Adapter
  readonly #shape: string | undefined
  readonly #single: boolean
  #writer: DocumentWriter | undefined
  #text = ''
  #losses: Loss[] = []
  readonly #titlesWithReportedLosses = new Set<string>()
  #entryCount = 0
  #lossCount = 0

  constructor(adapter: Adapter, shape: string | undefined, single = false) {
    this.#adapter = adapter
    this.#shape = shape
    this.#single = single
  }

  /** Takes an entry; gives a part when one is full. */
  entry(json: JsonObject, purpose: Purpose, losses: readonly Loss[]): ExportPart | undefined {
    this.#entryCount += 1
    this.#text += this.#writerFor(purpose).entry(json)
    this.#lose(losses)
    return this.#text.length < PART_LENGTH && this.#losses.length < PART_LOSSES ? undefined : this.#part()
  }

  end(losses: readonly Loss[] = [], purpose: Purpose = 'definition'): ExportPart {
    this.#text += this.#writerFor(purpose).end()
    this.#lose(losses)
    return { ...this.#part(), summary: { entryCount: this.#entryCount, lossCount: this.#lossCount } }
  }

  /** The first entry decides how the list is written. */
  #writerFor(purpose: Purpose): DocumentWriter {
    const shape = this.#shape ?? shapeFor(this.#adapter, purpose)?.name ?? ''
    this.#writer ??= new DocumentWriter(this.#adapter.envelope, shape, this.#single)
    return this.#writer
  }

  /** What is lost of the title is the same for each entry, and is told once. */
  #lose(losses: readonly Loss[]): void {
    for (const loss of losses) {
      if (loss.path.startsWith('$.title.')) {
        const told = pack(loss)
        if (this.#titlesWithReportedLosses.has(told)) continue
        this.#titlesWithReportedLosses.add(told)
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

/** @throws LaurelError naming the shapes that there are. */
export function shapeOf(adapter: Adapter, name: string): Shape {
  const shape = shapeNamed(adapter, name)
  if (shape !== undefined) return shape
  const known = adapter.shapes.map((one) => one.name).join(', ')
  throw invalidArgument([{ field: 'shape', message: `must be one of ${adapter.id}'s: ${known}` }])
}

/** What the record is written for. @throws LaurelError when the dialect, or the shape, has no place for it. */
export function locationOf(
  adapter: Adapter,
  record: Canonical,
  shape: Shape | undefined,
  path: string,
): Purpose {
  const purpose = purposeOf(adapter, record, shape)
  if (purpose !== undefined) return purpose
  const what = shape === undefined ? adapter.displayName : `the shape ${shape.name} of ${adapter.displayName}`
  const message = `${path}: ${what} has no place for what the entry says`
  throw new LaurelError('failed_precondition', 'DOCUMENT_REFUSED', message, { metadata: { path } })
}
