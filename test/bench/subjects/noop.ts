import type { Subject } from '../rounds.ts'
import type { Stage } from '../server-process.ts'
import type { Scene } from '../settings.ts'

/** The cheapest call that the server takes, a health check: what gRPC costs by itself, on Node, here and now. */
export function noop({ stage, server }: Scene): Subject {
  return noopTo(stage, 'noop', server.address)
}

/** The same call to a server that is nothing but HTTP/2: how far the load generator can go. */
export function bare({ stage, bare }: Scene): Subject {
  return noopTo(stage, 'bare http2', bare.place)
}

function noopTo(stage: Stage, name: string, address: string): Subject {
  return {
    name,
    unit: 'calls',
    measure: (timing) => stage.load.run({ kind: 'noop', address, ...timing }),
  }
}
