import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { adapters } from '../../adapters/index.ts'
import type { Adapter, Canonical, DecodeContext, EncodeContext } from '../../src/dialect/adapter.ts'
import { parseJson } from '../../src/dialect/json-text.ts'
import type { Path } from '../../src/dialect/losses.ts'
import { decodeEntry, type Identities, type Translated } from '../../src/dialect/translate.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/model/json.ts'
import { toy } from './toy/index.ts'

/** An adapter and its folder, which ends with a slash. */
export interface Subject {
  readonly adapter: Adapter
  readonly folder: string
}

/** The adapters of the product. */
export const folders: readonly Subject[] = adapters.map((adapter) => ({
  adapter,
  folder: pathOf(`../../adapters/${adapter.id}/`),
}))

/** The adapters that the properties are checked with: those of the product, and a toy dialect. */
export const subjects: readonly (Subject & { readonly id: string })[] = [
  ...folders,
  { adapter: toy, folder: pathOf('./toy/') },
].map((subject) => ({ ...subject, id: subject.adapter.id }))

/** The language of texts that do not say theirs, in all golden cases. */
export const LOCALE = 'en-US'

/** One entry of a golden document, and where it stands. */
export interface Sample {
  readonly entry: JsonObject
  readonly path: Path
  readonly context: DecodeContext
}

/** A golden case: a document of theirs beside what Laurel makes of it. */
export interface Case {
  readonly name: string
  /** `normalised`: the encoded document, if it differs; `stored`: the document that a title exports after its import. */
  readonly file: (kind: 'canonical' | 'losses' | 'normalised' | 'stored') => string
  readonly document: JsonValue
}

export function casesOf({ folder }: Subject): readonly Case[] {
  const testdata = `${folder}testdata/`
  return readdirSync(testdata)
    .filter((file) => /^[^.]+\.json$/.test(file))
    .map((file) => file.replace(/\.json$/, ''))
    .sort()
    .map((name) => ({
      name,
      file: (kind) => `${testdata}${name}.${kind}.json`,
      document: parseJson(readFileSync(`${testdata}${name}.json`, 'utf8')),
    }))
}

/** The entries of a document, as the portable half cuts it by the adapter's frame. */
export function samplesIn({ envelope: { lists } }: Adapter, document: JsonValue): readonly Sample[] {
  const list = lists.find((member) => isJsonObject(document) && Array.isArray(document[member]))
  const envelope = isJsonObject(document) && list !== undefined ? without(document, list) : {}
  const context = { locale: LOCALE, envelope }
  if (isJsonObject(document) && list === undefined) return [{ entry: document, path: [], context }]
  const entries = (isJsonObject(document) ? document[list as string] : document) as readonly JsonObject[]
  const base = list === undefined ? [] : [list]
  return entries.map((entry, index) => ({ entry, path: [...base, index], context }))
}

/** All entries of all golden documents of a subject. */
export function samplesOf(subject: Subject): readonly Sample[] {
  return casesOf(subject).flatMap(({ document }) => samplesIn(subject.adapter, document))
}

export function decodeSample(adapter: Adapter, { entry, path, context }: Sample): Translated<Canonical> {
  return decodeEntry(adapter, entry, context, path)
}

/** How to write a record so that it carries as much as it can. */
export function encodeContext(record: Canonical, shape?: string): EncodeContext {
  const purpose = record.achievement ? 'definition' : record.progress ? 'progress' : 'summary'
  const account = record.progress?.account ?? record.summary?.account
  return { locale: undefined, shape, purpose, account }
}

/** Names for records that have none in a dialect. */
export function identitiesFor({ ids }: Adapter): Identities {
  return {
    binding: () => ids.deriveBinding('title-1', 7n),
    achievementId: () => ids.mint({ taken: new Set(), time: 17_000_000_000_000_000n, entropy: 7n }),
  }
}

function without(object: JsonObject, member: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== member))
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
