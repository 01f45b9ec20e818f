import { Server, type ServerCredentials, setLogger } from '@grpc/grpc-js'
import { HealthImplementation, type ServingStatus } from 'grpc-health-check'
import { AchievementServiceService } from '../gen/laurel/v1/achievement_service.ts'
import { BridgeServiceService } from '../gen/laurel/v1/bridge_service.ts'
import { ExchangeServiceService } from '../gen/laurel/v1/exchange_service.ts'
import { PlayerServiceService } from '../gen/laurel/v1/player_service.ts'
import { StatServiceService } from '../gen/laurel/v1/stat_service.ts'
import { TitleServiceService } from '../gen/laurel/v1/title_service.ts'
import { ListenError } from '../listen-error.ts'
import { LIMITS } from '../model/limits.ts'
import type { Operations } from '../service/operations.ts'
import type { Tls } from '../tls.ts'
import { achievementService } from './achievement-service.ts'
import { bridgeService } from './bridge-service.ts'
import type { Wire } from './call.ts'
import { serverCredentials } from './credentials.ts'
import { exchangeService } from './exchange-service.ts'
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
  /** Takes no new calls and waits for those that run; after so many milliseconds it ends them. */
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

export function createGrpcServer(operations: Operations, wire: Wire, tls?: Tls): GrpcServer {
  // What grpc-js says of its own accord is for who looks into it: whatever matters of it is thrown as well.
  setLogger({ error: (message: unknown) => wire.log.debug({ message }, 'grpc-js') })
  const server = new Server(OPTIONS)
  server.addService(TitleServiceService, titleService(operations, wire))
  server.addService(AchievementServiceService, achievementService(operations, wire))
  server.addService(PlayerServiceService, playerService(operations, wire))
  server.addService(StatServiceService, statService(operations, wire))
  server.addService(PROGRESS_SERVICE, progressService(operations, wire))
  server.addService(ExchangeServiceService, exchangeService(operations, wire))
  server.addService(BridgeServiceService, bridgeService(operations, wire))
  const health = new HealthImplementation()
  health.addToServer(server)
  addReflection(server)

  return {
    async listen(address) {
      const port = await bind(server, address, serverCredentials(tls))
      setHealth(health, 'SERVING')
      return address.replace(/:\d+$/, `:${port}`)
    },

    setServing(serving) {
      setHealth(health, serving ? 'SERVING' : 'NOT_SERVING')
    },

    async stop(graceMilliseconds = DEFAULT_GRACE) {
      setHealth(health, 'NOT_SERVING')
      await shutDown(server, graceMilliseconds)
    },
  }
}

/** The empty name is the server as a whole. */
const SERVICE_NAMES = [
  '',
  'laurel.v1.TitleService',
  'laurel.v1.AchievementService',
  'laurel.v1.PlayerService',
  'laurel.v1.StatService',
  'laurel.v1.ProgressService',
  'laurel.v1.ExchangeService',
  'laurel.v1.BridgeService',
]

function setHealth(health: HealthImplementation, status: ServingStatus): void {
  for (const name of SERVICE_NAMES) health.setStatus(name, status)
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port)
      else reject(new ListenError(address, 'LAUREL_GRPC_ADDRESS', error))
    })
  })
}

function shutDown(server: Server, graceMilliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), graceMilliseconds)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
