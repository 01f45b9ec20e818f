import type { Target } from '../load/reports.ts'
import type { Subject } from '../rounds.ts'
import type { Stage } from '../server-process.ts'
import { type Scene, TITLES } from '../settings.ts'

/** Reports in calls of 500. */
export function batch({ stage, server }: Scene): Subject {
  return batchTo(stage, 'batch', server.address, TITLES.unary)
}

/** What the same Postgres does without a server, one prepared and durable upsert at a time on each of 16 connections. */
export function upserts({ stage }: Scene): Subject {
  const { databaseUrl } = stage
  const { players } = TITLES.unary
  return {
    name: 'upserts',
    unit: 'rows',
    measure: (timing) => stage.load.run({ kind: 'upserts', databaseUrl, players, ...timing }),
  }
}

export function batchTo(stage: Stage, name: string, address: string, target: Target): Subject {
  return {
    name,
    unit: 'items',
    measure: (timing) => stage.load.run({ kind: 'batch', address, target, ...timing }),
  }
}
