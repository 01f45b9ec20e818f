import type { JsonValue } from '../../../../model/json.ts'
import { isJsonObject } from '../../../../model/json.ts'
import type { MigrationFormat } from '../../../../model/migration-mapping.ts'
import type { DialectId } from '../../../../model/title.ts'
import { EMPTY_TEXTS } from '../flags.ts'
import { nameRank } from './field-names.ts'

/** The first records of an input, by fields. */
export interface Sample {
  readonly format: MigrationFormat
  /** Of a dialect's document, or of players' documents whose records are entries of the dialect. */
  readonly dialect: DialectId | undefined
  readonly records: string
  readonly fields: readonly SampleField[]
  /** Why the format is this one. */
  readonly reason: string
  /** The content as the reader of the format takes it, if it is not the input itself. */
  readonly content: Uint8Array | undefined
}

export interface SampleField {
  readonly path: string
  /** By record; undefined where a record has no such member. */
  readonly values: readonly (JsonValue | undefined)[]
}

export const MAX_SAMPLE_RECORDS = 1000
const MAX_FIELDS = 200
const MAX_DEPTH = 4

/** Collects the values of fields, in order of their first appearance. */
export class FieldCollector {
  readonly #fields = new Map<string, (JsonValue | undefined)[]>()
  #count = 0

  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count >= MAX_SAMPLE_RECORDS
  }

  get fields(): readonly SampleField[] {
    return [...this.#fields].map(([path, values]) => {
      values.length = this.#count
      return { path, values }
    })
  }

  /** Begins the next record. */
  next(): void {
    this.#count += 1
  }

  /** Adds the members of an object, those of nested objects by paths. Lists are left out. */
  addMembers(
    value: JsonValue,
    prefix = '',
    without: JsonValue | undefined = undefined,
    depth = MAX_DEPTH,
  ): void {
    if (!isJsonObject(value) || depth === 0) return
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined || member === without || Array.isArray(member)) continue
      if (isJsonObject(member)) this.addMembers(member, `${prefix}${name}.`, without, depth - 1)
      else this.add(`${prefix}${name}`, member)
    }
  }

  add(path: string, value: JsonValue): void {
    const values = this.#fields.get(path)
    if (values !== undefined) values[this.#count - 1] = value
    else if (this.#fields.size < MAX_FIELDS) {
      const first: (JsonValue | undefined)[] = []
      first[this.#count - 1] = value
      this.#fields.set(path, first)
    }
  }
}

/** Returns the fields that are named by one of the names, the best first. */
export function fieldsNamed(
  fields: readonly SampleField[],
  names: readonly string[],
): readonly SampleField[] {
  return fields
    .flatMap((field) => {
      const rank = nameRank(field.path, names)
      return rank === undefined ? [] : [{ field, rank }]
    })
    .sort((left, right) => left.rank - right.rank)
    .map(({ field }) => field)
}

/** Returns the fields that are named by one of the names, and then the record itself if it is a single value. */
export function fieldsOfProgress(
  fields: readonly SampleField[],
  names: readonly string[],
): readonly SampleField[] {
  return [...fieldsNamed(fields, names), ...fields.filter(({ path }) => path === '$value')]
}

/** Returns the values of a field that are not empty. */
export function statedValues({ values }: SampleField): readonly (string | number | bigint | boolean)[] {
  return values.filter(
    (value): value is string | number | bigint | boolean =>
      value !== undefined &&
      value !== null &&
      typeof value !== 'object' &&
      !(typeof value === 'string' && EMPTY_TEXTS.has(value.trim().toLowerCase())),
  )
}
