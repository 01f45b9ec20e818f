import { HealthImplementation, type ServingStatus } from 'grpc-health-check'
import type { ServiceHost } from './message-bounds.ts'

const UNKNOWN = 'unknown'

interface WatchCall {
  readonly request: { service: string }
}

/** Serves health. Returns a function that sets the status of the server, whose name is empty, and of its services. */
export function addHealth(host: ServiceHost, services: Iterable<string>): (status: ServingStatus) => void {
  const names = new Set(['', ...services])
  const health = new HealthImplementation()
  health.addToServer({
    addService: (service, handlers) => {
      const handler = handlers['watch'] as (call: WatchCall) => void
      const watch = (call: WatchCall) => {
        // The library stores every watched name, so unknown names share one.
        if (!names.has(call.request.service)) call.request.service = UNKNOWN
        handler(call)
      }
      host.addService(service, { ...handlers, watch })
    },
  })
  return (status) => {
    for (const name of names) health.setStatus(name, status)
  }
}
