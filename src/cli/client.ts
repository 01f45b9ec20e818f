import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  type CallOptions,
  type ChannelCredentials,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  connectivityState,
  credentials,
  InterceptingCall,
  type Interceptor,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'
import type { ClientConfig } from '../config.ts'
import { isLoopback } from '../loopback.ts'
import { Failure } from './failure.ts'

type Constructor<C extends Client> = new (
  address: string,
  credentials: ChannelCredentials,
  options: Record<string, unknown>,
) => C

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall

const CONNECT_TIMEOUT_MILLISECONDS = 10_000

/** Appended to the help of the commands that call a server. */
export const SERVER_HELP = `
The environment variable LAUREL_GRPC_ADDRESS is the address of the server (default 127.0.0.1:50051),
LAUREL_TOKEN the credential of the caller, LAUREL_CA_FILE the certificate authorities of a server that speaks TLS.

The exit code is 0 on success, 1 on failure, 2 if the command line is not valid, and 130 after an interrupt.`

/**
 * Returns a generated client once it is connected.
 * @throws Failure if no server can be reached at the address.
 */
export async function connect<C extends Client>(
  type: Constructor<C>,
  { address, token, caFile }: Pick<ClientConfig, 'address'> & Partial<ClientConfig>,
): Promise<C & Disposable> {
  const [, host = ''] = /^(\[[^\]]+\]|[^:]+):\d+$/.exec(address) ?? []
  if (token !== undefined && caFile === undefined && !isLoopback(host)) {
    throw new Failure([`LAUREL_TOKEN would go to ${address} in the clear: set LAUREL_CA_FILE to speak TLS`])
  }
  const client = new type(address, channelCredentials(caFile), {
    // grpc-js would keep everything that was sent for a retry: a whole document in memory.
    'grpc.enable_retries': 0,
    interceptors: token === undefined ? [] : [bearerToken(token)],
  })
  const channel = client.getChannel()
  const deadline = Date.now() + CONNECT_TIMEOUT_MILLISECONDS
  for (;;) {
    const state = channel.getConnectivityState(true)
    if (state === connectivityState.READY) break
    if (state === connectivityState.TRANSIENT_FAILURE || Date.now() >= deadline) {
      client.close()
      throw new Failure([`cannot reach a Laurel server at ${address}: ${adviceFor(caFile)}`])
    }
    await new Promise<unknown>((resolve) => channel.watchConnectivityState(state, deadline, resolve))
  }
  return Object.assign(client, { [Symbol.dispose]: () => client.close() })
}

/** A failed TLS handshake looks like a server that does not run. */
function adviceFor(caFile: string | undefined): string {
  return caFile === undefined
    ? 'start one with npm start, or set LAUREL_CA_FILE if it speaks TLS'
    : `check that it runs, speaks TLS, and has a certificate for that name signed by the authorities of ${caFile}`
}

function channelCredentials(caFile: string | undefined): ChannelCredentials {
  if (caFile === undefined) return credentials.createInsecure()
  try {
    return credentials.createSsl(readFileSync(caFile))
  } catch (error) {
    throw new Failure([`LAUREL_CA_FILE ${caFile} cannot be used: ${(error as Error).message}`])
  }
}

function bearerToken(token: string): Interceptor {
  return (options, next) =>
    new InterceptingCall(next(options), {
      start(metadata, listener, start) {
        metadata.set('authorization', `Bearer ${token}`)
        start(metadata, listener)
      },
    })
}

/** Calls a unary method of the client. */
export function callUnary<Request, Response>(
  client: Client,
  method: UnaryMethod<Request, Response>,
  request: Request,
  signal: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const running = method.call(client, request, new Metadata(), {}, (error, response) => {
      signal.removeEventListener('abort', cancel)
      if (error) reject(error)
      else resolve(response)
    })
    const cancel = () => running.cancel()
    signal.addEventListener('abort', cancel)
  })
}

/**
 * Yields the responses of a streaming call, and cancels the call when the iteration ends early. The call starts with the
 * iteration, because a stream that fails without a listener ends the process.
 */
export async function* responsesOf<Response>(
  begin: () => ClientReadableStream<Response> | ClientDuplexStream<never, Response>,
  signal: AbortSignal,
): AsyncGenerator<Response> {
  signal.throwIfAborted()
  const call = begin()
  const cancel = () => call.cancel()
  signal.addEventListener('abort', cancel)
  call.on('error', () => {})
  try {
    yield* call as AsyncIterable<Response>
  } finally {
    signal.removeEventListener('abort', cancel)
    call.cancel()
  }
}

/** Sends messages, with the server's backpressure, and yields its responses. */
export async function* callDuplex<Request, Response>(
  begin: () => ClientDuplexStream<Request, Response>,
  requests: AsyncIterable<Request>,
  signal: AbortSignal,
): AsyncGenerator<Response> {
  let sendFailure: { readonly error: unknown } | undefined
  const beginAndSend = () => {
    const call = begin()
    void send(call, requests).catch((error: unknown) => {
      sendFailure = { error }
      call.cancel()
    })
    return call as unknown as ClientDuplexStream<never, Response>
  }
  try {
    yield* responsesOf(beginAndSend, signal)
  } catch (error) {
    throw sendFailure === undefined ? error : sendFailure.error
  }
}

async function send<Request, Response>(
  call: ClientDuplexStream<Request, Response>,
  requests: AsyncIterable<Request>,
): Promise<void> {
  const ended = new AbortController()
  call.once('status', () => ended.abort())
  for await (const request of requests) {
    if (call.write(request)) continue
    // A race with a promise of the end would keep each wait until then.
    const drained = await once(call, 'drain', { signal: ended.signal }).catch((error: unknown) => {
      if (!ended.signal.aborted) throw error
    })
    if (drained === undefined) return
  }
  call.end()
}
