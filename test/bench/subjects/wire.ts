import type { Environment } from '../environment.ts'
import { createFixture } from '../fixture.ts'
import type { Latency, Measured } from '../load/jobs.ts'
import type { Target } from '../load/reports.ts'
import type { Subject } from '../rounds.ts'
import { type Setup, TARGETS } from '../setup.ts'

/** The calls of the default setup. */
export function wireSubjects({ environment, server, single, bare }: Setup): readonly Subject[] {
  const { load, databaseUrl } = environment
  const { unary, list } = TARGETS
  const { address } = server
  return [
    noopTo(environment, 'bare http2', bare.address),
    noopTo(environment, 'noop', address),
    unaryTo(environment, 'unary', address, unary),
    unaryTo(environment, 'single', single.address, TARGETS.single),
    batchTo(environment, 'batch', address, unary),
    {
      name: 'upserts',
      unit: 'rows',
      measure: (timing) => load.run({ kind: 'upserts', databaseUrl, players: unary.players, ...timing }),
    },
    streamTo(environment, 'stream', address, unary),
    listTo(environment, 'list', address, list),
    {
      name: 'list, uncached',
      unit: 'calls',
      measure: (timing) => load.run({ kind: 'list', address, target: list, uncached: true, ...timing }),
    },
  ]
}

/**
 * The same reports to a server that only writes. They are on a title of their own, because Laurel's cache would be stale for
 * rows that another process writes.
 */
export async function bareWrites({ environment, server }: Setup): Promise<readonly Subject[]> {
  const { bare } = TARGETS
  await createFixture(environment, server.address, environment.databaseUrl, bare)
  const { address } = await environment.helper('load/bare-writer.ts', environment.databaseUrl)
  return [
    unaryTo(environment, 'bare writes', address, bare),
    batchTo(environment, 'bare writes, batch', address, bare),
  ]
}

export function noopTo({ load }: Environment, name: string, address: string): Subject {
  return { name, unit: 'calls', measure: (timing) => load.run({ kind: 'noop', address, ...timing }) }
}

export function unaryTo({ load }: Environment, name: string, address: string, target: Target): Subject {
  return { name, unit: 'calls', measure: (timing) => load.run({ kind: 'unary', address, target, ...timing }) }
}

export function batchTo({ load }: Environment, name: string, address: string, target: Target): Subject {
  return { name, unit: 'items', measure: (timing) => load.run({ kind: 'batch', address, target, ...timing }) }
}

export function streamTo({ load }: Environment, name: string, address: string, target: Target): Subject {
  return {
    name,
    unit: 'items',
    measure: (timing) => load.run({ kind: 'stream', address, target, ...timing }),
  }
}

export function listTo({ load }: Environment, name: string, address: string, target: Target): Subject {
  return { name, unit: 'calls', measure: (timing) => load.run({ kind: 'list', address, target, ...timing }) }
}

export interface LatencyAtRate extends Latency {
  /** Calls per second. */
  readonly rate: number
  readonly measured: Measured
}

/** Measures the latency of `unary` at a fixed rate, in an open loop. */
export async function latencyAt(
  { environment, server: { address } }: Setup,
  rate: number,
  seconds: number,
): Promise<LatencyAtRate> {
  const job = { kind: 'fixed-rate', address, target: TARGETS.unary, rate, leadSeconds: 1, seconds } as const
  const measured = await environment.load.run(job)
  if (measured.latency === undefined) throw new Error('no call succeeded while latency was measured')
  return { ...measured.latency, rate, measured }
}
