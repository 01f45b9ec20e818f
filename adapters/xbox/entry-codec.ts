import type { Canonical, DecodeContext, EncodeContext } from '../../src/dialect/adapter.ts'
import { readAs, type Schema } from '../../src/dialect/decode-error.ts'
import { quick } from '../../src/dialect/fast-path.ts'
import type { Path } from '../../src/dialect/losses.ts'
import type { JsonObject } from '../../src/model/json.ts'

export type Part = 'title' | 'achievement' | 'progress' | 'summary'

/** Reads and writes entries of one shape, without extensions. */
export interface EntryCodec {
  /** The mark of its records in their extension, if it is not the default of its shape. */
  readonly mark: { readonly part: Part; readonly name: string } | undefined
  /** Reads an entry: normalised by its schema, and as a record. */
  read(entry: JsonObject, context: DecodeContext): { readonly wire: JsonObject; readonly record: Canonical }
  write(record: Canonical, context: EncodeContext): JsonObject
  /** Whether the schema names a member at the top; `read` ignores all others. */
  knows(member: string): boolean
  /** The part of a record whose extension stores a difference at a path. */
  partAt(path: Path): Part
  /** The path of the members of each part's extension in an entry. */
  readonly locations: Readonly<Partial<Record<Part, Path>>>
  /** Members at the top without a canonical field: written with a default, overridden by extensions. */
  readonly free: ReadonlySet<string>
}

interface EntryCodecParts<Wire> extends Omit<EntryCodec, 'read' | 'knows'> {
  readonly schema: Schema<Wire> & { readonly shape: object }
  readonly fromWire: (wire: Wire, context: DecodeContext) => Canonical
}

export function entryCodec<Wire>({ schema, fromWire, ...rest }: EntryCodecParts<Wire>): EntryCodec {
  const quickly = quick(schema)
  return {
    ...rest,
    knows: (member) => Object.hasOwn(schema.shape, member),
    read(entry, context) {
      const wire = readAs(quickly, entry)
      return { wire: wire as JsonObject, record: fromWire(wire, context) }
    },
  }
}
