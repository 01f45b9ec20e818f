import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { Client } from '@connectrpc/connect'
import { isTransient, toConnectError } from './errors.ts'
import {
  type EventService,
  type WatchProgressRequest,
  WatchProgressRequestSchema,
  type WatchProgressResponse,
} from './gen/laurel/v1/event_service_pb.js'
import { delayOf, type RetryPolicy, sleep } from './retrying.ts'

const DEFAULT_HEARTBEAT_SECONDS = 15
/** The server takes no shorter interval, and says so: the connection must live until then. */
const MIN_HEARTBEAT_MILLISECONDS = 1000
/** A connection is lost if it is silent for this many heartbeats. */
const SILENT_HEARTBEATS = 2.5

/**
 * Yields the responses of WatchProgress, and resumes after each interruption from the last token that it yielded: no event is
 * lost, none is yielded twice. Ends with an error that no retry mends, such as RESUME_TOKEN_EXPIRED, or when the signal aborts,
 * with its reason.
 */
export async function* watch(
  events: Pick<Client<typeof EventService>, 'watchProgress'>,
  init: MessageInitShape<typeof WatchProgressRequestSchema>,
  policy: RetryPolicy,
  signal?: AbortSignal,
): AsyncGenerator<WatchProgressResponse, never> {
  const request = create(WatchProgressRequestSchema, init)
  let { resumeToken } = request
  for (let failures = 0; ; ) {
    const connection = new Connection(request, signal)
    let failure: unknown
    try {
      const options = { signal: connection.signal, timeoutMs: 0 }
      for await (const response of events.watchProgress({ ...request, resumeToken }, options)) {
        connection.stopTimer()
        resumeToken = response.resumeToken
        failures = 0
        yield response
        connection.startTimer()
      }
    } catch (thrown) {
      failure = thrown
    } finally {
      connection.close()
    }
    signal?.throwIfAborted()
    const error = failure === undefined || connection.wasSilent ? undefined : toConnectError(failure)
    if (error !== undefined && !isTransient(error)) throw error
    failures += 1
    await sleep(delayOf(error, failures, policy), signal)
  }
}

/** A signal that aborts when a connection is silent for too long, because a lost peer sends no error, or the caller's signal does. */
class Connection {
  readonly #controller = new AbortController()
  readonly #silenceMilliseconds: number
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly signal: AbortSignal
  wasSilent = false

  constructor({ heartbeat }: WatchProgressRequest, caller: AbortSignal | undefined) {
    const { seconds, nanos } = heartbeat ?? { seconds: DEFAULT_HEARTBEAT_SECONDS, nanos: 0 }
    const milliseconds = Math.max(Number(seconds) * 1000 + nanos / 1e6, MIN_HEARTBEAT_MILLISECONDS)
    this.#silenceMilliseconds = milliseconds * SILENT_HEARTBEATS
    this.signal = AbortSignal.any([this.#controller.signal, ...(caller === undefined ? [] : [caller])])
    this.startTimer()
  }

  startTimer(): void {
    this.#timer = setTimeout(() => {
      this.wasSilent = true
      this.#controller.abort()
    }, this.#silenceMilliseconds)
  }

  stopTimer(): void {
    clearTimeout(this.#timer)
  }

  close(): void {
    this.stopTimer()
    this.#controller.abort()
  }
}
