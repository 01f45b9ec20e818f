import { adapters } from '../../adapters/index.ts'
import { LATEST_INSTANT } from '../../src/model/instant.ts'
import type { MappedRecord, MigrationMapping } from '../../src/model/migration-mapping.ts'
import type { Refused } from '../../src/service/lines/refused.ts'
import type { InputBatch, InputRecord, InputStart } from '../../src/service/migration-jobs/input-record.ts'
import type { MappingContext } from '../../src/service/migration-jobs/mapping/compile-mapping.ts'
import { readRecords } from '../../src/service/migration-jobs/read-records.ts'

export const START: InputStart = { position: 0, header: '' }

export const CONTEXT: MappingContext = {
  dialects: new Map(adapters.map((adapter) => [adapter.id, adapter])),
  latest: LATEST_INSTANT,
}

/** A mapping of the members `player`, `achievement` and `percent`. */
export const MAPPING: MigrationMapping = {
  format: 'json_lines',
  dialect: undefined,
  records: '',
  title: undefined,
  player: { field: 'player', dialect: undefined, usesIdentities: false },
  achievement: { field: 'achievement', dialect: undefined, ids: {} },
  values: [{ field: 'percent', unit: 'percent', requirementId: '', scale: 1 }],
  unlocked: undefined,
  revoked: undefined,
  unlockTime: undefined,
  updateTime: undefined,
}

/** A mapping of the records `list` of documents whose file names the player. */
export const DOCUMENTS: MigrationMapping = {
  ...MAPPING,
  format: 'player_documents',
  records: 'list',
  player: { field: '$file', dialect: undefined, usesIdentities: false },
}

/** Divides bytes into chunks of the sizes, by turns, in memory that is used again for each chunk. */
export async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0
  for (let turn = 0; start < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? bytes.length)
    const chunk = Uint8Array.from(bytes.subarray(start, start + size))
    yield chunk
    chunk.fill(0x78)
    start += size
  }
}

/** Reads an input to its end. */
export async function readAll(
  mapping: MigrationMapping,
  input: string | Uint8Array,
  from: InputStart = START,
  sizes: readonly number[] = [],
): Promise<readonly (InputRecord & Pick<InputBatch, 'header'>)[]> {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input
  const records: (InputRecord & Pick<InputBatch, 'header'>)[] = []
  for await (const batch of readRecords(mapping, CONTEXT, chunksOf(bytes, sizes), from)) {
    records.push(...batch.records.map((record) => ({ ...record, header: batch.header })))
  }
  return records
}

/** Returns the mapped records and the refusals of an input, in order. */
export async function recordsOf(
  mapping: MigrationMapping,
  input: string | Uint8Array,
): Promise<readonly (MappedRecord | Refused)[]> {
  return (await readAll(mapping, input)).flatMap(({ records }) => records)
}

/** Returns the mapped record, or the reason of the refusal, of one object. */
export async function mapped(
  mapping: MigrationMapping,
  record: object | string,
): Promise<MappedRecord | string> {
  const text = typeof record === 'string' ? record : JSON.stringify(record)
  const [found] = await recordsOf(mapping, `${text}\n`)
  if (found === undefined) throw new Error('the line has no record')
  return 'refusal' in found ? found.refusal : found
}

/** Shows records in a few words: `ann first 50`, or the refusal. */
export function shown(records: readonly (MappedRecord | Refused)[]): readonly string[] {
  return records.map((record) => {
    if ('refusal' in record) return record.refusal
    const { player, achievement, percent, unlocked } = record
    return `${player.id} ${achievement.id} ${percent ?? unlocked}`
  })
}

/** Returns the records of an input in a few words. */
export async function shownOf(
  mapping: MigrationMapping,
  input: string | Uint8Array,
): Promise<readonly string[]> {
  return shown(await recordsOf(mapping, input))
}
