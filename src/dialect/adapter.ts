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
 * An adapter sees one entry at a time: parsing, framing, limits, the loss policy and what belongs to other
 * dialects are the portable half (`document.ts`, `translate.ts`) and are the same for all.
 *
 * `decode` and `encode` are pure: no I/O, no clock, no randomness, inputs never changed, same in same out.
 * Nothing is lost in silence: whatever a translation cannot carry, it reports.
 */
export interface Adapter {
  /** Equals its folder's name; appears on the wire. */
  readonly id: DialectId
  readonly displayName: string
  /** The forms that an entry takes in this dialect. */
  readonly shapes: readonly Shape[]
  /** The shape that an entry is written in when nobody asks for one; absent where the dialect has no place for it. */
  readonly usualShapes: Readonly<Partial<Record<EncodeContext['purpose'], string>>>
  /** How much of each feature survives `encode`; the conformance suite holds it to what it observes. */
  readonly capabilities: Capabilities
  /**
   * Whether entries carry the developer's own code for an achievement. Where they do not, `decode` gives the
   * dialect's id as the code too, and an import never matches by it.
   */
  readonly hasCodes: boolean
  readonly envelope: Envelope
  readonly ids: IdScheme

  /**
   * The name of the shape of an entry that `decode` takes; absent where no two shapes carry the same parts. An import
   * compares an entry with what the same shape would have said of the record.
   */
  readonly shapeOf?: (entry: JsonObject, context: DecodeContext) => string

  /**
   * Theirs to ours: one entry of a document.
   * @throws DecodeError for an entry that is not of this dialect, with the path in it; nothing else.
   */
  decode(entry: JsonObject, losses: LossReport, context: DecodeContext): Canonical

  /**
   * Ours to theirs. The portable half has seen to it that `record.title.binding` and
   * `record.achievement.ids[this.id]` are set. Loss paths are paths of the canonical record.
   */
  encode(record: Canonical, losses: LossReport, context: EncodeContext): JsonObject
}

/** What one entry of a document says, in canonical words: any of its parts may be absent. */
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

/** One player's standing on one achievement, as a document says it. */
export interface ProgressFacts {
  /** The player's id in the document's dialect; undefined when the entry does not say whose it is. */
  readonly account: string | undefined
  /** The achievement's code, or its id in the dialect where `hasCodes` is false. */
  readonly achievementId: string
  readonly state: ProgressState
  /** 0 to 100, cut; 100 only when achieved. */
  readonly percent: number
  /** By requirement id; where a dialect knows no ids, a single value under any id is that of the only requirement. */
  readonly values: Readonly<Record<string, Quantity>>
  readonly unlockTime: Instant | undefined
  readonly revoked: boolean
  readonly extensions: Extensions
}

/** A player's totals of one title, as a document says them. */
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

/** How entries sit in a document. */
export interface Envelope {
  /**
   * Members of an object at the top whose array holds the entries (`achievements`). An array at the top holds
   * entries too, and an object at the top without any of these members is one entry.
   */
  readonly lists: readonly string[]
  /** Members beside the list that entries cannot be understood without, wherever they stand. */
  readonly context: readonly string[]
  /** The member that holds the list of this shape when a document is written; undefined for a bare array. */
  listMember(shape: string): string | undefined
  /** Members to write after the list. */
  trailer(shape: string, count: number): JsonObject
  /** Reports what is lost of the members beside the list; called once, after the last entry. */
  readEnvelope(envelope: JsonObject, losses: LossReport): void
}

/** How this dialect names achievements and titles: for records that never had a name in it. */
export interface IdScheme {
  /** A new achievement id that is not among the taken ones. Pure: the same seed gives the same id. */
  mint(seed: IdSeed): string
  /** The binding of a title that was never bound in this dialect: always the same for the same entropy. */
  deriveBinding(titleId: string, entropy: bigint): Binding
  /** Whether a text can be a player's id in this dialect, and what is asked of it otherwise. */
  isAccountId(text: string): boolean
  readonly accountIdForm: string
}

export interface IdSeed {
  readonly taken: ReadonlySet<string>
  readonly time: Instant
  /** 64 bits, random or a hash. */
  readonly entropy: bigint
  /**
   * The id that was minted just before, where that is in `taken` with all the others: what was learned from them
   * need not be learned again.
   */
  readonly last?: string | undefined
}

export interface DecodeContext {
  /** BCP-47 tag of texts whose language the document does not say. */
  readonly locale: string
  /** Members beside the list of entries. */
  readonly envelope: JsonObject
}

export interface EncodeContext {
  /** BCP-47 tag to prefer where the dialect carries one language; undefined for each record's default. */
  readonly locale: string | undefined
  /** One of the adapter's shapes; undefined for the shape that the record came in, else the default. */
  readonly shape: string | undefined
  /** What an entry must carry, when it makes a difference to the shape. */
  readonly purpose: 'definition' | 'progress' | 'summary'
  /** The player's id in this dialect, for entries that name it; undefined when nobody is meant. */
  readonly account: string | undefined
}

/** What a dialect may or may not be able to say. A new feature fails to compile until each adapter answers. */
export type Feature =
  | 'code'
  | 'list_order'
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
