import type { Adapter, Canonical, TitleFacts } from '../../dialect/adapter.ts'
import { DecodeError } from '../../dialect/decode-error.ts'
import { type DocumentEnd, type DocumentEntry, readDocument } from '../../dialect/document.ts'
import { JsonSyntaxError } from '../../dialect/json-text.ts'
import { formatPath, type Loss, LossReport } from '../../dialect/losses.ts'
import { decodeEntry } from '../../dialect/translate.ts'
import { LaurelError } from '../../model/errors.ts'
import type { JsonObject } from '../../model/json.ts'
import { LIMITS } from '../../model/limits.ts'
import type { DocumentOptions } from './document-parts.ts'
import { achievementIdOf } from './entry-losses.ts'
import { RepeatedEntries } from './repeated-entries.ts'
import type { SpooledDocument } from './spool.ts'

/** An entry of a document, decoded or rejected. */
export type Entry =
  | {
      readonly path: string
      /** The name of the entry's shape; undefined if the dialect has only one. */
      readonly shape: string | undefined
      readonly record: Canonical
      /** UTF-16 units of its text in the document. */
      readonly length: number
      readonly losses: readonly Loss[]
    }
  | {
      readonly path: string
      /** The code or id in the entry as it stands; empty if none can be read. */
      readonly achievementId: string
      readonly error: LaurelError
      readonly losses: readonly Loss[]
    }

/** Returns the BCP-47 tag of texts without a language, for the entry's title, or before the title is known. */
export type LocaleOf = (title?: TitleFacts) => string

/** Facts known once the whole document has been read. */
export interface DocumentFacts extends DocumentEnd {
  readonly entryCount: number
  /** Losses of the envelope. */
  readonly losses: readonly Loss[]
}

const MAX_LOSSES_IN_ERROR = 20

/** BCP-47 tag of texts of which neither the document, nor the caller, nor a title says the language. */
export const DEFAULT_LOCALE = 'en'

/**
 * Decodes a document's entries one by one; an entry that is not of the dialect is yielded as an error. `envelope` is the
 * envelope from an earlier pass over the document: an entry may need members of it that follow the list.
 * @throws LaurelError for a document that is not JSON, with line and column.
 */
export async function* readEntries(
  adapter: Adapter,
  document: SpooledDocument,
  localeOf: LocaleOf,
  envelope?: JsonObject,
): AsyncGenerator<Entry, DocumentFacts> {
  const reader = readDocument(adapter.envelope, document.read())
  const repeated = new RepeatedEntries(adapter)
  const shapes = new Set<string | undefined>()
  let entryCount = 0
  for (;;) {
    const step = await reader.next().catch((error: unknown) => {
      throw documentError(error)
    })
    if (step.done) {
      const report = new LossReport()
      adapter.envelope.readEnvelope(step.value.envelope, report, shapes)
      return { ...step.value, entryCount, losses: report.losses }
    }
    entryCount += 1
    const entry = decode(adapter, step.value, localeOf, envelope)
    if ('record' in entry) shapes.add(entry.shape)
    const repetitions = 'record' in entry ? repeated.next(entry.record, entry.path) : []
    yield repetitions.length === 0 ? entry : { ...entry, losses: [...entry.losses, ...repetitions] }
  }
}

function decode(
  adapter: Adapter,
  entry: DocumentEntry,
  localeOf: LocaleOf,
  envelope: JsonObject | undefined,
): Entry {
  const path = formatPath(entry.path)
  try {
    if ('error' in entry) throw entry.error
    const { json } = entry
    const context = { locale: localeOf(), envelope: envelope ?? entry.envelope }
    let decoded = decodeEntry(adapter, json, context, entry.path)
    const locale = localeOf(decoded.result.title)
    if (locale !== context.locale) decoded = decodeEntry(adapter, json, { ...context, locale }, entry.path)
    const { result } = decoded
    const achievementId = achievementIdOf(result)
    const losses = decoded.losses.map((loss) => ({ ...loss, achievementId }))
    return {
      path,
      shape: adapter.shapeOf?.(json, context),
      record: result,
      length: entry.length,
      losses,
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { path, achievementId: statedId(adapter, entry), error: entryError(adapter, error), losses: [] }
  }
}

function statedId({ ids }: Adapter, entry: DocumentEntry): string {
  if ('error' in entry) return ''
  const stated = ids.members.map((name) => (Object.hasOwn(entry.json, name) ? entry.json[name] : undefined))
  const id = stated.find(
    (value) => typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint',
  )
  return String(id ?? '')
    .slice(0, LIMITS.id)
    .toWellFormed()
}

/**
 * Reads a whole document before anything is written, so that a truncated document changes nothing. A document whose entries
 * need the envelope is read twice; `visitorOfPass` returns the visitor of each pass.
 * @throws LaurelError for a malformed document; under the `reject` policy for the first entry with losses.
 */
export async function checkDocument(
  adapter: Adapter,
  document: SpooledDocument,
  options: CheckOptions,
  visitorOfPass: () => Visitor = () => () => [],
): Promise<DocumentFacts> {
  let { facts, firstLosses } = await readThrough(adapter, document, options, visitorOfPass(), undefined)
  if (adapter.envelope.context.some((name) => Object.hasOwn(facts.envelope, name))) {
    ;({ facts, firstLosses } = await readThrough(adapter, document, options, visitorOfPass(), facts.envelope))
  }
  if (options.lossPolicy === 'reject' && firstLosses.length > 0) throw lossesRejected(firstLosses)
  return facts
}

/** The options of a check. Documents of trusted callers may have any number of entries. */
type CheckOptions = DocumentOptions & { readonly maxEntries?: number | undefined }

/** Called with each record and its path; returns further losses. */
type Visitor = (record: Canonical, path: string) => readonly Loss[]

async function readThrough(
  adapter: Adapter,
  document: SpooledDocument,
  { locale, maxEntries = Number.POSITIVE_INFINITY }: CheckOptions,
  visit: Visitor,
  envelope: JsonObject | undefined,
): Promise<{ readonly facts: DocumentFacts; readonly firstLosses: readonly Loss[] }> {
  const reader = readEntries(adapter, document, () => locale ?? DEFAULT_LOCALE, envelope)
  let firstLosses: readonly Loss[] = []
  let entryCount = 0
  for (;;) {
    const { value, done } = await reader.next()
    if (!done) entryCount += 1
    if (entryCount > maxEntries) throw tooManyEntries(maxEntries)
    const visitorLosses = !done && 'record' in value ? visit(value.record, value.path) : []
    if (firstLosses.length === 0) firstLosses = [...value.losses, ...visitorLosses]
    if (done) return { facts: value, firstLosses }
  }
}

/** @param createdIdCount the ids that an export has created and stored all the same */
export function lossesRejected(losses: readonly Loss[], createdIdCount = 0): LaurelError {
  const shown = losses.slice(0, MAX_LOSSES_IN_ERROR)
  const message = `the translation would lose ${losses.length} facts, and losses are rejected: ${shown
    .map(({ kind, path, achievementId }) => `${path}${ofAchievement(achievementId)} ${kind}`)
    .join(', ')}${createdIdCount === 0 ? '' : `; ids that were created and stored before: ${createdIdCount}`}`
  return new LaurelError('failed_precondition', 'LOSSES_REJECTED', message, {
    metadata: {
      lossCount: String(losses.length),
      ...(createdIdCount === 0 ? {} : { createdIdCount: String(createdIdCount) }),
    },
    violations: shown.map(({ kind, path, detail, achievementId }) => ({
      field: path,
      message: `${kind}${ofAchievement(achievementId)}: ${detail}`,
    })),
  })
}

function ofAchievement(achievementId: string | undefined): string {
  return achievementId === undefined ? '' : ` (of achievement ${achievementId})`
}

function tooManyEntries(maxEntries: number): LaurelError {
  const message = `the document has more than ${maxEntries} entries, the limit for players: send a smaller document`
  return new LaurelError('resource_exhausted', 'DOCUMENT_TOO_LARGE', message, {
    metadata: { maxEntries: String(maxEntries) },
  })
}

/** Returns the error of a caller whose document cannot be read; any other error as it is. */
export function documentError(error: unknown): unknown {
  if (error instanceof JsonSyntaxError) {
    return new LaurelError(
      'invalid_argument',
      'DOCUMENT_MALFORMED',
      `the document is not JSON: ${error.message}`,
      {
        metadata: { line: String(error.line), column: String(error.column) },
      },
    )
  }
  if (!(error instanceof DecodeError)) return error
  const message = `the document was rejected: ${error.message}`
  return new LaurelError('invalid_argument', 'DOCUMENT_REFUSED', message, {
    metadata: { path: formatPath(error.path) },
  })
}

function entryError(adapter: Adapter, error: DecodeError): LaurelError {
  const field = formatPath(error.path)
  const message = `${field} is not ${adapter.displayName}'s: ${error.problem}`
  return new LaurelError('invalid_argument', 'DOCUMENT_REFUSED', message, {
    metadata: { path: field },
    violations: [{ field, message: error.problem }],
  })
}
