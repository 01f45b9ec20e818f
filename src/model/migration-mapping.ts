import type { Instant } from './instant.ts'
import type { Progress } from './progress.ts'
import type { Binding, DialectId, Extensions } from './title.ts'

/**
 * `json_lines`: an object per line. `csv`, `tsv`: a header and a row per record (RFC 4180); the delimiter of `csv` is a semicolon if the
 * header has no comma. `player_documents`: a line per player, `{"file": NAME, "document": JSON}`. `dialect_document`: a document as
 * ImportProgress takes it. `dialect_lines`: a line per entry, `{"account": ID, "entry": {...}}`. `laurel`: the lines of progress of Laurel's own export.
 */
export const MIGRATION_FORMATS = [
  'json_lines',
  'csv',
  'tsv',
  'player_documents',
  'dialect_document',
  'dialect_lines',
  'laurel',
] as const
export type MigrationFormat = (typeof MIGRATION_FORMATS)[number]

/** `percent`: 0 to 100. `fraction`: 0 to 1. `steps`: the value of a requirement. */
export const MIGRATION_UNITS = ['percent', 'fraction', 'steps'] as const
export type MigrationUnit = (typeof MIGRATION_UNITS)[number]

/** `rfc3339`, also with a space and without an offset; `pattern`: tokens of Luxon, such as `yyyy-MM-dd HH:mm:ss`; `ticks`: 100 ns since 0001-01-01. */
export const MIGRATION_TIME_FORMATS = [
  'rfc3339',
  'unix_seconds',
  'unix_milliseconds',
  'ticks',
  'pattern',
] as const
export type MigrationTimeFormat = (typeof MIGRATION_TIME_FORMATS)[number]

/**
 * How the records of an input become players' progress. A field is the name of a column, or a path of members separated by dots; in
 * `player_documents` a path begins at the record, and with `$.` at the document; `$file` is the file's name without folders and `.json`,
 * and `$value` the record itself, such as an id in a list of ids. An undefined member is not mapped.
 */
export interface MigrationMapping {
  readonly format: MigrationFormat
  /** Of a `dialect_document`, and of `dialect_lines`. */
  readonly dialect: DialectId | undefined
  /**
   * The path of the list of records in a player's document; empty if the document is the list or one record. An object is a list of its
   * members, each with its name as `$key`. A document without the list has no records.
   */
  readonly records: string
  readonly title: MappedId | undefined
  readonly player: MappedPlayer | undefined
  readonly achievement: MappedAchievement | undefined
  readonly values: readonly MappedValue[]
  /** Without it, and without values, each record is an unlock. */
  readonly unlocked: MappedFlag | undefined
  readonly revoked: MappedFlag | undefined
  readonly unlockTime: MappedTime | undefined
  /** When the record last changed. */
  readonly updateTime: MappedTime | undefined
}

export interface MappedId {
  readonly field: string
  /** Ours by theirs. An id that is not in the map is ours already. */
  readonly ids: Readonly<Record<string, string>>
}

export interface MappedPlayer {
  readonly field: string
  /** The field holds an account of the dialect; undefined if it holds a player id. */
  readonly dialect: DialectId | undefined
  /** The field holds an id of the job's identity map. A record whose id is not in the map is refused. */
  readonly usesIdentities: boolean
}

export interface MappedAchievement extends MappedId {
  /** The field holds ids of the dialect; undefined if it holds ids of Laurel. */
  readonly dialect: DialectId | undefined
}

export interface MappedValue {
  readonly field: string
  readonly unit: MigrationUnit
  /** Empty for the only requirement. Of `steps` only. */
  readonly requirementId: string
  /** Multiplies the value: 0.01 turns basis points into percent. */
  readonly scale: number
}

export interface MappedFlag {
  readonly field: string
  /**
   * Texts that mean true, in any case. Empty for `true`, `1`, `yes`, `t`, `y`. Any other text is false. `*` is any text but an empty one,
   * `false`, `0`, `no`, `f`, `n` and `null`; in the field of the unlock time, any known time.
   */
  readonly trueTexts: readonly string[]
}

export interface MappedTime {
  readonly field: string
  readonly format: MigrationTimeFormat
  /** Of `pattern`. */
  readonly pattern: string
  /** An IANA name, of times without an offset. */
  readonly timeZone: string
  /**
   * Texts, instants, days (`2007-10-09`) and months (`2007-10`) that mean an unknown time. Times before 2005 and from 9999 on are unknown
   * anyway, and so are empty texts and null.
   */
  readonly unknownTexts: readonly string[]
}

/** One record in Laurel's terms, before ids are looked up. */
export interface MappedRecord {
  /** Undefined for the job's title. */
  readonly titleId: string | undefined
  readonly player: MappedPlayerId
  /** An id of the dialect. If the dialect has codes and no achievement has that id in it, a code, which is an id of Laurel. */
  readonly achievement: { readonly dialect: DialectId | undefined; readonly id: string }
  /** Of a dialect's document: the title's ids in the dialect, if the entry names them. */
  readonly binding: Binding | undefined
  /** Undefined if percent and values decide. */
  readonly unlocked: boolean | undefined
  /** 0 to 100, not rounded. */
  readonly percent: number | undefined
  /** Decimal text by requirement id; the id is empty for the only requirement. */
  readonly values: Readonly<Record<string, string>>
  /** Undefined if it is unknown or the input has none. */
  readonly unlockTime: Instant | undefined
  /** When the record last changed; undefined if that is not known. */
  readonly updateTime: Instant | undefined
  readonly revoked: boolean
  readonly extensions: Extensions
  /** Of the format `laurel`: the progress as it stands, and the other members do not count. */
  readonly progress: Progress | undefined
}

/** `identity`: an id of the job's identity map. */
export type MappedPlayerId =
  | { readonly kind: 'player'; readonly id: string }
  | { readonly kind: 'account'; readonly dialect: DialectId; readonly id: string }
  | { readonly kind: 'identity'; readonly id: string }
