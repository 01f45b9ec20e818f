import type { Achievement } from '../model/achievement.ts'
import type { Instant } from '../model/instant.ts'
import type { JsonObject } from '../model/json.ts'
import type { ProgressState } from '../model/progress.ts'
import type { Quantity } from '../model/quantity.ts'
import type { Binding, DialectId, Extensions } from '../model/title.ts'
import type { LossReport } from './losses.ts'

/**
 * Translates one platform's JSON to and from canonical records.
 *
 * An adapter handles one entry at a time. Parsing, envelopes, limits, the loss policy and data of other dialects are handled by
 * the portable part (`document.ts`, `translate.ts`), the same for all dialects.
 *
 * `decode` and `encode` are pure: no I/O, no clock, no randomness, no change of their inputs, the same output for the same input. They
 * report every value that they cannot carry.
 */
export interface Adapter {
  /** Equals its folder's name; appears on the wire. */
  readonly id: DialectId
  readonly displayName: string
  /** The shapes that an entry can have in this dialect. */
  readonly shapes: readonly Shape[]
  /** The default shape for each purpose; absent if the dialect cannot carry it. */
  readonly usualShapes: Readonly<Partial<Record<EncodeContext['purpose'], string>>>
  /** How much of each feature survives `encode`; the conformance suite compares it with its own observations. */
  readonly capabilities: Capabilities
  /**
   * Whether entries carry the developer's own code for an achievement. If not, `decode` returns the dialect's id as the
   * code as well, and an import never matches by it.
   */
  readonly hasCodes: boolean
  readonly envelope: Envelope
  readonly ids: IdScheme

  /**
   * Returns the name of the shape of an entry that `decode` takes; absent if no two shapes carry the same parts. An import
   * compares an entry with the stored record as the same shape writes it.
   */
  readonly shapeOf?: (entry: JsonObject, context: DecodeContext) => string

  /**
   * Reads one entry of a document.
   * @throws DecodeError for an entry that is not of this dialect, with the path in it; nothing else.
   */
  decode(entry: JsonObject, losses: LossReport, context: DecodeContext): Canonical

  /**
   * Writes one entry. `encodeEntry` has set `record.title.binding` and `record.achievement.ids[this.id]`. Loss paths
   * are paths of the canonical record.
   */
  encode(record: Canonical, losses: LossReport, context: EncodeContext): JsonObject
}

/** The canonical form of one entry of a document; any of its parts may be absent. */
export interface Canonical {
  readonly title: TitleFacts
  readonly achievement: Achievement | undefined
  readonly progress: ProgressFacts | undefined
  readonly summary: SummaryFacts | undefined
}

export interface TitleFacts {
  /** The title's ids in the document's dialect; undefined when the entry names none. */
  readonly binding: Binding | undefined
  readonly displayName: string | undefined
  readonly extensions: Extensions
}

/** One player's progress on one achievement, as a document states it. */
export interface ProgressFacts {
  /** The player's id in the document's dialect; undefined if the entry does not name the player. */
  readonly account: string | undefined
  /** The achievement's code, or its id in the dialect if `hasCodes` is false. */
  readonly achievementId: string
  readonly state: ProgressState
  /** 0 to 100, rounded down; 100 only if achieved. */
  readonly percent: number
  /** By requirement id. If a dialect has no such ids, a single value under any id belongs to the only requirement. */
  readonly values: Readonly<Record<string, Quantity>>
  readonly unlockTime: Instant | undefined
  readonly revoked: boolean
  readonly extensions: Extensions
}

/** A player's totals of one title, as a document states them. */
export interface SummaryFacts {
  readonly account: string | undefined
  readonly unlockedCount: number
  readonly score: bigint
  readonly maxScore: bigint
  readonly lastUnlockTime: Instant | undefined
  readonly extensions: Extensions
}

export interface Shape {
  readonly name: string
  readonly description: string
  readonly carries: readonly ('definition' | 'progress' | 'summary')[]
}

/** How a document contains entries. */
export interface Envelope {
  /**
   * Members of an object at the top whose array holds the entries (`achievements`). An array at the top holds
   * entries too, and an object at the top without any of these members is one entry.
   */
  readonly lists: readonly string[]
  /** Members beside the list, before or after it, that are needed to decode its entries. */
  readonly context: readonly string[]
  /** The member that holds the list of this shape when a document is written; undefined for a bare array. */
  listMember(shape: string): string | undefined
  /** Members to write after the list. */
  trailer(shape: string, count: number): JsonObject
  /**
   * Reports losses of the members beside the list; called once, after the last entry. `shapes` has the shapes of the entries, which
   * may carry members of the envelope.
   */
  readEnvelope(envelope: JsonObject, losses: LossReport, shapes: ReadonlySet<string | undefined>): void
}

/** Creates ids of achievements and titles in this dialect, for records that have none. */
export interface IdScheme {
  /** Returns an achievement id that is not among the taken ones. Pure: the same seed gives the same id. */
  mint(seed: IdSeed): string
  /** The binding of a title that has none in this dialect: the same for the same entropy. */
  deriveBinding(titleId: string, entropy: bigint): Binding
  /** Returns a binding with the ids that follow from its own; absent if no id of the dialect follows from another. */
  completeBinding?(binding: Binding): Binding
  /** A player's id. */
  readonly account: IdForm
  /** An achievement's id. */
  readonly achievement: IdForm
  /** The ids of a binding, by name. */
  readonly binding: Readonly<Record<string, IdForm>>
  /** The members of an entry that may hold the achievement's code or id, the best first: they name an entry that cannot be decoded. */
  readonly members: readonly string[]
}

/** The form of an id: an entry can express each text of it, and no other is accepted where an id is set. */
export interface IdForm {
  accepts(text: string): boolean
  /** The form of an id, for error texts: `a decimal number of 64 bits`. */
  readonly form: string
}

export interface IdSeed {
  readonly taken: ReadonlySet<string>
  readonly time: Instant
  /** 64 bits, random or a hash. */
  readonly entropy: bigint
  /** The id minted just before, if it is in `taken` with all others: minting can continue from it. */
  readonly last?: string | undefined
}

export interface DecodeContext {
  /** BCP-47 tag of texts whose language the document does not state. */
  readonly locale: string
  /** Members beside the list of entries. */
  readonly envelope: JsonObject
}

export interface EncodeContext {
  /** BCP-47 tag to prefer if the dialect carries one language; undefined for each record's default. */
  readonly locale: string | undefined
  /** BCP-47 tag that a reader will assume for texts whose language the document does not state; undefined for the record's own. */
  readonly readerLocale?: string | undefined
  /** One of the adapter's shapes; undefined for the shape that the record was read from, else the default. */
  readonly shape: string | undefined
  /** The part that an entry must carry, if the shape depends on it. */
  readonly purpose: 'definition' | 'progress' | 'summary'
  /** The player's id in this dialect, for entries that name the player; undefined for none. */
  readonly account: string | undefined
}

/** A feature that a dialect may or may not be able to carry. A new feature fails to compile until each adapter declares it. */
export type Feature =
  | 'code'
  | 'list_order'
  | 'lifecycle'
  | 'translations'
  | 'locked_description'
  | 'hidden'
  | 'server_only'
  | 'time_window'
  | 'participation'
  | 'requirements'
  | 'stat_codes'
  | 'rewards'
  | 'media'
  | 'tags'
  | 'platforms'
  | 'product_id'
  | 'deep_link'
  | 'estimated_time'
  | 'title_associations'
  | 'definition_times'
  | 'progress_values'
  | 'progress_percent'
  | 'unlock_time'
  | 'revoked'

/** `full`: survives unchanged. `lossy`: some of it, or some values of it. `none`: dropped. */
export type Support = 'full' | 'lossy' | 'none'

export type Capabilities = Readonly<Record<Feature, Support>>
