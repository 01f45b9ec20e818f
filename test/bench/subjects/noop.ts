import type { Subject } from '../rounds.ts'
import type { Scene } from '../scene.ts'

/** The cheapest call that the server takes, a health check: what gRPC costs by itself, on Node, here and now. */
export function noop({ stage, server }: Scene): Subject {
  const { address } = server
  return {
    name: 'noop',
    unit: 'calls',
    measure: (timing) => stage.load.run({ kind: 'noop', address, ...timing }),
  }
}
