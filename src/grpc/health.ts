import { HealthImplementation, type ServingStatus } from 'grpc-health-check'
import type { ServiceHost } from './message-bounds.ts'

/** The empty name stands for the whole server. */
const SERVICE_NAMES = [
  '',
  'laurel.v1.TitleService',
  'laurel.v1.AchievementService',
  'laurel.v1.PlayerService',
  'laurel.v1.StatService',
  'laurel.v1.ProgressService',
  'laurel.v1.EventService',
  'laurel.v1.ExchangeService',
  'laurel.v1.DestinationService',
]
const UNKNOWN = 'unknown'

interface WatchCall {
  readonly request: { service: string }
}

/** Serves health. Returns a function that sets the status of the server and of all services. */
export function addHealth(host: ServiceHost): (status: ServingStatus) => void {
  const health = new HealthImplementation()
  health.addToServer({
    addService: (service, handlers) => {
      const handler = handlers['watch'] as (call: WatchCall) => void
      const watch = (call: WatchCall) => {
        // The library stores every watched name, so unknown names share one.
        if (!SERVICE_NAMES.includes(call.request.service)) call.request.service = UNKNOWN
        handler(call)
      }
      host.addService(service, { ...handlers, watch })
    },
  })
  return (status) => {
    for (const name of SERVICE_NAMES) health.setStatus(name, status)
  }
}
