import type {
  DescMessage,
  DescMethodBiDiStreaming,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import {
  type Client,
  createClient as createServiceClient,
  type Interceptor,
  type Transport,
} from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { errorTypes } from './errors.ts'
import { AchievementService } from './gen/laurel/v1/achievement_service_pb.js'
import { AuditService } from './gen/laurel/v1/audit_service_pb.js'
import { CallerService } from './gen/laurel/v1/caller_service_pb.js'
import { CommunityService } from './gen/laurel/v1/community_service_pb.js'
import { DestinationService } from './gen/laurel/v1/destination_service_pb.js'
import {
  EventService,
  type WatchProgressRequestSchema,
  type WatchProgressResponse,
} from './gen/laurel/v1/event_service_pb.js'
import { ExchangeService } from './gen/laurel/v1/exchange_service_pb.js'
import { ImageService } from './gen/laurel/v1/image_service_pb.js'
import { MigrationJobService } from './gen/laurel/v1/migration_job_service_pb.js'
import { PlanService } from './gen/laurel/v1/plan_service_pb.js'
import { PlayerService } from './gen/laurel/v1/player_service_pb.js'
import { ProgressService } from './gen/laurel/v1/progress_service_pb.js'
import { StatService } from './gen/laurel/v1/stat_service_pb.js'
import { TitleService } from './gen/laurel/v1/title_service_pb.js'
import { DEFAULT_RETRY, type RetryPolicy, retrying } from './retrying.ts'
import { type Document, upload } from './upload.ts'
import { watch } from './watch.ts'

export interface ClientOptions {
  /** The server's HTTP address, such as `http://localhost:8080`. */
  readonly baseUrl: string
  /** The bearer token, or a function that returns the current one for each attempt. */
  readonly token?: string | (() => string | Promise<string>)
  /** On whose behalf the calls are made, stored with events: the header `Laurel-Actor`. */
  readonly actor?: string
  /**
   * The deadline of a call with one response, with all its attempts; `timeoutMs` of a call overrides it, and 0 means none. The
   * default is 30 seconds. Streams have none by default.
   */
  readonly timeoutMs?: number
  readonly retry?: Partial<RetryPolicy>
}

export interface CallOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** The RPCs of a service that have one request. Those with a document are called by `upload`. */
export type ServiceClient<Service extends DescService> = Pick<
  Client<Service>,
  {
    [Name in keyof Service['method']]: Service['method'][Name]['methodKind'] extends
      | 'unary'
      | 'server_streaming'
      ? Name
      : never
  }[keyof Service['method']]
>

export interface LaurelClient {
  readonly titles: ServiceClient<typeof TitleService>
  readonly achievements: ServiceClient<typeof AchievementService>
  readonly players: ServiceClient<typeof PlayerService>
  readonly stats: ServiceClient<typeof StatService>
  readonly progress: ServiceClient<typeof ProgressService>
  readonly events: ServiceClient<typeof EventService>
  readonly destinations: ServiceClient<typeof DestinationService>
  readonly images: ServiceClient<typeof ImageService>
  readonly audit: ServiceClient<typeof AuditService>
  readonly callers: ServiceClient<typeof CallerService>
  readonly community: ServiceClient<typeof CommunityService>
  readonly migrationJobs: ServiceClient<typeof MigrationJobService>
  readonly plans: ServiceClient<typeof PlanService>
  readonly exchange: ServiceClient<typeof ExchangeService>
  /** Yields a title's events, and resumes after each interruption without loss or repetition: see `watch.ts`. */
  watch(
    request: MessageInitShape<typeof WatchProgressRequestSchema>,
    options?: Pick<CallOptions, 'signal'>,
  ): AsyncGenerator<WatchProgressResponse, never>
  /** Sends a document to an RPC such as `ExchangeService.method.importAchievements`, and yields its responses. */
  upload<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodBiDiStreaming<Input, Output>,
    options: MessageInitShape<Input>,
    document: Document,
    call?: CallOptions,
  ): AsyncGenerator<MessageShape<Output>, void>
  /** The transport of these services, for clients of other services on the same server. */
  readonly transport: Transport
}

const DEFAULT_TIMEOUT_MILLISECONDS = 30_000

export function createClient(options: ClientOptions): LaurelClient {
  const { timeoutMs = DEFAULT_TIMEOUT_MILLISECONDS } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const policy = { ...DEFAULT_RETRY, ...options.retry }
  const base = createConnectTransport({
    baseUrl,
    // The retries come first, so that each attempt gets the current token.
    interceptors: [retrying(policy), identifying(options)],
    jsonOptions: { registry: errorTypes },
  })
  const transport: Transport = {
    ...base,
    unary: (method, signal, timeout = timeoutMs, ...rest) => base.unary(method, signal, timeout, ...rest),
  }
  const serviceClient = <Service extends DescService>(service: Service) =>
    createServiceClient(service, transport) as ServiceClient<Service>
  const events = serviceClient(EventService)
  return {
    titles: serviceClient(TitleService),
    achievements: serviceClient(AchievementService),
    players: serviceClient(PlayerService),
    stats: serviceClient(StatService),
    progress: serviceClient(ProgressService),
    events,
    destinations: serviceClient(DestinationService),
    images: serviceClient(ImageService),
    audit: serviceClient(AuditService),
    callers: serviceClient(CallerService),
    community: serviceClient(CommunityService),
    migrationJobs: serviceClient(MigrationJobService),
    plans: serviceClient(PlanService),
    exchange: serviceClient(ExchangeService),
    watch: (request, { signal } = {}) => watch(events, request, policy, signal),
    async *upload(method, fields, document, call = {}) {
      const headers = new Headers({ 'content-type': 'application/octet-stream' })
      await identify(headers, options)
      const signal = signalOf(call, headers)
      yield* upload({ baseUrl, method, options: fields, headers, signal }, document)
    },
    transport,
  }
}

function identifying(options: ClientOptions): Interceptor {
  return (next) => async (request) => {
    await identify(request.header, options)
    return next(request)
  }
}

async function identify(headers: Headers, { token, actor }: ClientOptions): Promise<void> {
  const current = typeof token === 'function' ? await token() : token
  if (current !== undefined) headers.set('authorization', `Bearer ${current}`)
  if (actor !== undefined) headers.set('laurel-actor', actor)
}

/** Returns a signal for the caller's signal and the deadline, which the server gets too. */
function signalOf({ signal, timeoutMs = 0 }: CallOptions, headers: Headers): AbortSignal {
  const signals = signal === undefined ? [] : [signal]
  if (timeoutMs > 0) {
    headers.set('connect-timeout-ms', String(timeoutMs))
    signals.push(AbortSignal.timeout(timeoutMs))
  }
  return AbortSignal.any(signals)
}
