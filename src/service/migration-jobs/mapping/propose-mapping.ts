import type { Adapter } from '../../../dialect/adapter.ts'
import type { MigrationMapping } from '../../../model/migration-mapping.ts'
/** STUB until the reader of samples lands. */
export function proposeMapping(
  _content: Uint8Array,
  _source: string,
  _dialects: ReadonlyMap<string, Adapter>,
): { mapping: MigrationMapping; reasons: readonly string[] } {
  throw new Error('not there')
}
