import { Server, type ServerCredentials, setLogger } from '@grpc/grpc-js'
import { ListenError } from '../listen-error.ts'
import { LIMITS } from '../model/limits.ts'
import type { Operations } from '../service/operations.ts'
import { Sockets } from '../sockets.ts'
import type { Tls } from '../tls.ts'
import { Admission } from './admission.ts'
import type { Wire } from './call.ts'
import { serverCredentials } from './credentials.ts'
import { grpcHandler } from './grpc-handlers.ts'
import { addHealth } from './health.ts'
import { prepareStreams } from './http2-streams.ts'
import { bounded, type ServiceHost } from './message-bounds.ts'
import { addReflection } from './reflection.ts'
import { openRpcs } from './services.ts'

export interface GrpcServer {
  /**
   * Listens on `host:port`, port 0 for any free port. Returns the address with the assigned port.
   * @throws ListenError if the address cannot be used.
   */
  listen(address: string): Promise<string>
  /** Sets the health status. */
  setServing(serving: boolean): void
  /** Rejects new calls and waits for running ones; ends them all after the grace. */
  stop(graceMilliseconds?: number): Promise<void>
}

const OPTIONS = {
  'grpc.max_receive_message_length': LIMITS.messageBytes,
  // So that the load spreads over new servers. Streams that are longer than both times end: watches resume by their token.
  'grpc.max_connection_age_ms': 30 * 60_000,
  'grpc.max_connection_age_grace_ms': 60 * 60_000,
  // The streams of one connection. Clients let further calls wait.
  'grpc.max_concurrent_streams': 1000,
  // Detects callers that vanished without closing the connection, to cancel their calls.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // Channelz counts every call and message, and Laurel does not serve it.
  'grpc.enable_channelz': 0,
}

const DEFAULT_GRACE_MILLISECONDS = 10_000
/** Running calls are ended this long before the end of the grace, to have time to send their status. */
const STATUS_MILLISECONDS = 1_000

export function createGrpcServer(operations: Operations, wire: Wire, tls?: Tls): GrpcServer {
  // grpc-js logs go to debug; anything that matters is also thrown.
  setLogger({ error: (message: unknown) => wire.log.debug({ message }, 'grpc-js') })
  const admission = new Admission(wire)
  const server = new Server({ ...OPTIONS, interceptors: [admission.interceptor] })
  const rpcs = openRpcs(operations)
  for (const { name, method, handler } of rpcs) {
    server.addService({ [name]: method }, { [name]: grpcHandler(handler) })
  }
  const builtIn: ServiceHost = {
    addService: (service, handlers) => server.addService(bounded(service), handlers),
  }
  const setHealth = addHealth(
    builtIn,
    rpcs.map(({ method }) => method.path.split('/')[1] as string),
  )
  addReflection(builtIn)
  let sockets: Sockets | undefined
  let stopPreparing = () => {}

  return {
    async listen(address) {
      const port = await bind(server, address, serverCredentials(tls))
      sockets = new Sockets(port)
      stopPreparing = prepareStreams(port)
      setHealth('SERVING')
      return address.replace(/:\d+$/, `:${port}`)
    },

    setServing(serving) {
      setHealth(serving ? 'SERVING' : 'NOT_SERVING')
    },

    async stop(graceMilliseconds = DEFAULT_GRACE_MILLISECONDS) {
      setHealth('NOT_SERVING')
      await shutDown({ server, admission, sockets, graceMilliseconds })
      stopPreparing()
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
 * Ends unbounded streams at once, and other running calls near the end of the grace with SERVER_STOPPING. Connections that
 * are open at the end of the grace are closed.
 */
async function shutDown({ server, admission, sockets, graceMilliseconds }: ShutDown): Promise<void> {
  const timers = [
    setTimeout(
      () => admission.end(),
      graceMilliseconds - Math.min(STATUS_MILLISECONDS, graceMilliseconds / 2),
    ),
    setTimeout(() => sockets?.destroy(), graceMilliseconds),
  ]
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  admission.drain()
  await closed
  for (const timer of timers) clearTimeout(timer)
  sockets?.destroy()
}
