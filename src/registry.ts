import { adapters } from '../adapters/index.ts'
import type { Adapter } from './dialect/adapter.ts'
import type { Bridge } from './dialect/bridge.ts'
import type { Source } from './dialect/source.ts'
import type { Gateway } from './http/gateway.ts'

/** All dialects, by id. */
export const dialects: ReadonlyMap<string, Adapter> = new Map(
  adapters.map((adapter) => [adapter.id, adapter]),
)

/** The gateways of all dialects that serve their platform's HTTP API. */
export const gateways: readonly Gateway[] = adapters.flatMap(({ gateway }) => gateway ?? [])

/** The bridges, which map events to their platforms, by dialect. */
export const bridges: ReadonlyMap<string, Bridge> = new Map(
  adapters.flatMap(({ id, bridge }) => (bridge === undefined ? [] : [[id, bridge] as const])),
)

/** The sources, which read from their platforms, by dialect. */
export const sources: ReadonlyMap<string, Source> = new Map(
  adapters.flatMap(({ id, source }) => (source === undefined ? [] : [[id, source] as const])),
)
