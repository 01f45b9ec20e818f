import { Server, type ServerCredentials, setLogger } from '@grpc/grpc-js'
import { AchievementServiceService } from '../gen/laurel/v1/achievement_service.ts'
import { DestinationServiceService } from '../gen/laurel/v1/destination_service.ts'
import { EventServiceService } from '../gen/laurel/v1/event_service.ts'
import { ExchangeServiceService } from '../gen/laurel/v1/exchange_service.ts'
import { PlayerServiceService } from '../gen/laurel/v1/player_service.ts'
import { StatServiceService } from '../gen/laurel/v1/stat_service.ts'
import { TitleServiceService } from '../gen/laurel/v1/title_service.ts'
import { ListenError } from '../listen-error.ts'
import { LIMITS } from '../model/limits.ts'
import type { Operations } from '../service/operations.ts'
import { Sockets } from '../sockets.ts'
import type { Tls } from '../tls.ts'
import { achievementService } from './achievement-service.ts'
import { Admission } from './admission.ts'
import type { Wire } from './call.ts'
import { serverCredentials } from './credentials.ts'
import { destinationService } from './destination-service.ts'
import { eventService } from './event-service.ts'
import { exchangeService } from './exchange-service.ts'
import { addHealth } from './health.ts'
import { bounded, type ServiceHost } from './message-bounds.ts'
import { playerService } from './player-service.ts'
import { PROGRESS_SERVICE, progressService } from './progress-service.ts'
import { addReflection } from './reflection.ts'
import { statService } from './stat-service.ts'
import { titleService } from './title-service.ts'

export interface GrpcServer {
  /**
   * Serves on `host:port`, port 0 for any that is free. Gives the address with the port that it has; throws a
   * ListenError if it cannot be had.
   */
  listen(address: string): Promise<string>
  /** What health says from now on: whether calls have a chance. */
  setServing(serving: boolean): void
  /** Takes no new calls and waits for those that run; it has ended them all after so many milliseconds. */
  stop(graceMilliseconds?: number): Promise<void>
}

const OPTIONS = {
  'grpc.max_receive_message_length': LIMITS.messageBytes,
  // A caller who vanished without a word is noticed, and what it asked for is cancelled.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // It counts every call and message for a service that is not served.
  'grpc.enable_channelz': 0,
}

const DEFAULT_GRACE = 10_000
/** How long before the end of the grace the calls that still run are ended. */
const LAST_WORD = 1_000

export function createGrpcServer(operations: Operations, wire: Wire, tls?: Tls): GrpcServer {
  // What grpc-js says of its own accord is for who looks into it: whatever matters of it is thrown as well.
  setLogger({ error: (message: unknown) => wire.log.debug({ message }, 'grpc-js') })
  const admission = new Admission(wire)
  const server = new Server({ ...OPTIONS, interceptors: [admission.interceptor] })
  const services: ServiceHost = {
    addService: (service, handlers) => server.addService(bounded(service), handlers),
  }
  services.addService(TitleServiceService, titleService(operations, wire))
  services.addService(AchievementServiceService, achievementService(operations, wire))
  services.addService(PlayerServiceService, playerService(operations, wire))
  services.addService(StatServiceService, statService(operations, wire))
  services.addService(PROGRESS_SERVICE, progressService(operations, wire))
  services.addService(EventServiceService, eventService(operations, wire))
  services.addService(ExchangeServiceService, exchangeService(operations, wire))
  services.addService(DestinationServiceService, destinationService(operations, wire))
  const setHealth = addHealth(services)
  addReflection(services)
  let sockets: Sockets | undefined

  return {
    async listen(address) {
      const port = await bind(server, address, serverCredentials(tls))
      sockets = new Sockets(port)
      setHealth('SERVING')
      return address.replace(/:\d+$/, `:${port}`)
    },

    setServing(serving) {
      setHealth(serving ? 'SERVING' : 'NOT_SERVING')
    },

    async stop(graceMilliseconds = DEFAULT_GRACE) {
      setHealth('NOT_SERVING')
      await shutDown({ server, admission, sockets, graceMilliseconds })
    },
  }
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port)
      else reject(new ListenError(address, 'LAUREL_GRPC_ADDRESS', error))
    })
  })
}

interface ShutDown {
  readonly server: Server
  readonly admission: Admission
  readonly sockets: Sockets | undefined
  readonly graceMilliseconds: number
}

/**
 * Streams that would last for ever end at once; then calls that run have their time, and then they are told why they are
 * ended. Whatever has not read that by the end of the grace loses the connection.
 */
async function shutDown({ server, admission, sockets, graceMilliseconds }: ShutDown): Promise<void> {
  const timers = [
    setTimeout(() => admission.end(), graceMilliseconds - Math.min(LAST_WORD, graceMilliseconds / 2)),
    setTimeout(() => sockets?.destroy(), graceMilliseconds),
  ]
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  admission.drain()
  await closed
  for (const timer of timers) clearTimeout(timer)
  sockets?.destroy()
}
