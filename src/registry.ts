import { adapters } from '../adapters/index.ts'
import type { Adapter } from './dialect/adapter.ts'

/** Every dialect that Laurel speaks, by id. */
export const dialects: ReadonlyMap<string, Adapter> = new Map(
  adapters.map((adapter) => [adapter.id, adapter]),
)
