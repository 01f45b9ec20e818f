import type { Subject } from '../rounds.ts'
import { type Scene, TITLES } from '../scene.ts'

/** Reports in calls of 500. */
export function batch({ stage, server }: Scene): Subject {
  const { address } = server
  return {
    name: 'batch',
    unit: 'items',
    measure: (timing) => stage.load.run({ kind: 'batch', address, target: TITLES.unary, ...timing }),
  }
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
