import type { Canonical, DecodeContext, EncodeContext } from '../../src/dialect/adapter.ts'
import { readAs, type Schema } from '../../src/dialect/decode-error.ts'
import { quick } from '../../src/dialect/fast-path.ts'
import type { Path } from '../../src/dialect/losses.ts'
import type { JsonObject } from '../../src/model/json.ts'

export type Part = 'title' | 'achievement' | 'progress' | 'summary'

/** One form that an entry takes on the wire, both ways, without extensions. */
export interface EntryCodec {
  /** What its records remember it by, when it is not the default of its shape. */
  readonly mark: { readonly part: Part; readonly name: string } | undefined
  /** Reads an entry: as the wire spells it, and as a record. */
  read(entry: JsonObject, context: DecodeContext): { readonly wire: JsonObject; readonly record: Canonical }
  write(record: Canonical, context: EncodeContext): JsonObject
  /** Whether the schema names a member at the top; what it does not name, a record is not made of. */
  knows(member: string): boolean
  /** The part of a record whose extension keeps what is said at a path. */
  partAt(path: Path): Part
  /** Where the members of each part's extension stand in an entry. */
  readonly locations: Readonly<Partial<Record<Part, Path>>>
  /** Members at the top that no canonical field speaks of: written with a default, overridden by extensions. */
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
