import type { Target } from '../load/reports.ts'
import type { Subject } from '../rounds.ts'
import type { Stage } from '../server-process.ts'
import { type Scene, TITLES } from '../settings.ts'

/** One report a call, each with a request id, each of them a change: progress, event and answer are written. */
export function unary({ stage, server }: Scene): Subject {
  return unaryTo(stage, 'unary', server.address, TITLES.unary)
}

/** The same to a server that gathers nothing: a transaction for each. */
export function single({ stage, single }: Scene): Subject {
  return unaryTo(stage, 'single', single.address, TITLES.single)
}

export function unaryTo(stage: Stage, name: string, address: string, target: Target): Subject {
  return {
    name,
    unit: 'calls',
    measure: (timing) => stage.load.run({ kind: 'unary', address, target, ...timing }),
  }
}
