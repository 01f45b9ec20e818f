import type { StoredAchievement } from '../../model/achievement.ts'
import { compositeKey } from '../../model/composite-key.ts'
import type { Instant } from '../../model/instant.ts'
import type { MigrationRefusal } from '../../model/migration-job.ts'
import type { MappedRecord, MigrationMapping } from '../../model/migration-mapping.ts'
import type { Binding, Title } from '../../model/title.ts'
import type { InputRecord } from './input-record.ts'
import type { JobDefinitions } from './job-definitions.ts'
import { type PreparedRow, type RowContext, RowPreparer } from './prepare-row.ts'
import { refusalOf } from './refusal.ts'
import type { PartRows } from './write-part.ts'

/** Rows of one transaction. Its locks are held for about as many milliseconds as there are hundreds of rows. */
export const PART_ROWS = 20_000
/** Characters of the records of one transaction. */
const PART_CHARACTERS = 16 * 2 ** 20
/** After which the records of a slow input are written, however few they are. */
const PART_MILLISECONDS = 5_000

/** The title of a job, with its ids in the dialect of the input. */
export interface JobTitle {
  readonly id: string
  readonly binding: Binding | undefined
}

interface Origin {
  readonly record: MappedRecord
  readonly input: InputRecord
  /** Of the record in its input record. */
  readonly ordinal: number
}

export function jobTitleOf({ id, bindings }: Title, { dialect }: MigrationMapping): JobTitle {
  return {
    id,
    binding: dialect !== undefined && Object.hasOwn(bindings, dialect) ? bindings[dialect] : undefined,
  }
}

/** The records of one part of an input, in memory. */
export class PartBuilder {
  readonly #source: string
  readonly #title: JobTitle
  readonly #maxRows: number
  readonly #since: Instant
  readonly #origins: Origin[] = []
  readonly #refusals: MigrationRefusal[] = []
  readonly #startTime = performance.now()
  #characters = 0
  /** To continue with after the last record; undefined before the first. */
  header: string | undefined
  recordCount = 0
  skippedCount = 0
  olderCount = 0
  /** Of the records so far; undefined if none has one. */
  latestUpdateTime: Instant | undefined
  /** The position in the input up to which it has the records. */
  end: number

  /** @param since records that changed before it are skipped */
  constructor(source: string, title: JobTitle, start: number, maxRows: number, since: Instant = 0n) {
    this.#source = source
    this.#since = since
    this.#title = title
    this.#maxRows = maxRows
    this.end = start
  }

  get isFull(): boolean {
    if (this.#origins.length >= this.#maxRows || this.#characters >= PART_CHARACTERS) return true
    return performance.now() - this.#startTime > PART_MILLISECONDS
  }

  get isEmpty(): boolean {
    return this.recordCount === 0
  }

  get names(): Iterable<MappedRecord['achievement']> {
    return this.#origins.map(({ record }) => record.achievement)
  }

  get size(): number {
    return this.#origins.length
  }

  get refusals(): readonly MigrationRefusal[] {
    return this.#refusals
  }

  /** @param header of the record's batch */
  add(input: InputRecord, header: string): void {
    this.end = input.end
    this.header = input.cursor ?? header
    this.#characters += input.text.length
    for (const [ordinal, record] of input.records.entries()) {
      this.recordCount += 1
      const { updateTime = 0n } = 'refusal' in record ? {} : record
      if (updateTime > (this.latestUpdateTime ?? 0n)) this.latestUpdateTime = updateTime
      if ('refusal' in record) this.#refusals.push(this.#refusalOf(input, ordinal, record.refusal))
      else if (!this.#isOfTitle(record)) this.skippedCount += 1
      else if (updateTime > 0n && updateTime < this.#since) this.olderCount += 1
      else this.#origins.push({ record, input, ordinal })
    }
  }

  /** Returns the rows by the definitions, and all refusals, the reader's included. */
  prepare(definitions: JobDefinitions, context: RowContext) {
    const preparer = new RowPreparer(context)
    const rows: PreparedRow[] = []
    const achievements: StoredAchievement[] = []
    const origins: Origin[] = []
    const refusals = [...this.#refusals]
    const seen = new Set<string>()
    for (const origin of this.#origins) {
      const { record, input, ordinal } = origin
      const achievement = definitions.find(record.achievement)
      const row =
        achievement === undefined
          ? `achievement ${record.achievement.id}: does not exist in title ${this.#title.id}: create it, or map the id to another one`
          : preparer.prepare(record, achievement)
      if (typeof row === 'string') refusals.push(this.#refusalOf(input, ordinal, row))
      else {
        const key = compositeKey(row.player.kind, row.player.id, row.achievementId)
        rows.push(seen.has(key) ? { ...row, isAlone: true } : row)
        seen.add(key)
        achievements.push(achievement as StoredAchievement)
        origins.push(origin)
      }
    }
    const part: PartRows = { rows, achievements }
    const refusalOf = (index: number, reason: string) => {
      const { input, ordinal } = origins[index] as Origin
      return this.#refusalOf(input, ordinal, reason)
    }
    const textOf = (index: number) => (origins[index] as Origin).input.text
    return { part, refusals, refusalOf, textOf }
  }

  /** Whether a record is of the job's title, as far as it says. */
  #isOfTitle({ titleId, binding = {} }: MappedRecord): boolean {
    const { id, binding: own = {} } = this.#title
    if (titleId !== undefined && titleId !== id) return false
    return Object.entries(binding).every(([name, value]) => (own[name] ?? value) === value)
  }

  #refusalOf({ text, end }: InputRecord, ordinal: number, reason: string): MigrationRefusal {
    return refusalOf(this.#source, end, ordinal, text, reason)
  }
}
