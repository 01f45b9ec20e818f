import type { Subject } from '../rounds.ts'
import { type Scene, TITLES } from '../settings.ts'

/** Reports over streams that stay open, 50 a message. */
export function stream({ stage, server }: Scene): Subject {
  const { address } = server
  return {
    name: 'stream',
    unit: 'items',
    measure: (timing) => stage.load.run({ kind: 'stream', address, target: TITLES.unary, ...timing }),
  }
}
