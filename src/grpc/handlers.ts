import type { Call } from '../service/call.ts'

/** Serves one request with one response. */
export interface UnaryHandler<Request, Response> {
  readonly kind: 'unary'
  readonly handle: (request: Request, call: Call) => Promise<Response>
}

/** Serves one request with a stream of responses. */
export interface ServerStreamHandler<Request, Response> {
  readonly kind: 'serverStream'
  readonly handle: (request: Request, call: Call) => AsyncIterable<Response>
  readonly timeout: StreamTimeout<Response> | undefined
}

/** Serves a stream of requests with a stream of responses. Requests are read when the handler pulls them. */
export interface BidiStreamHandler<Request, Response> {
  readonly kind: 'bidiStream'
  readonly handle: (requests: AsyncIterable<Request>, call: Call) => AsyncIterable<Response>
}

/** The timeout for a caller that does not read. */
export interface StreamTimeout<Response> {
  /** The maximum time to send one response. */
  readonly milliseconds: number
  /** Returns the error that ends the stream; `last` is the last sent response. */
  end(last: Response | undefined): Error
}

/** An RPC as the generated code describes it. */
export interface Method<Request, Response> {
  readonly path: string
  readonly requestStream: boolean
  readonly responseStream: boolean
  readonly requestDeserialize: (bytes: Buffer) => Request
  readonly responseSerialize: (response: Response) => Buffer
}

/** The handlers of a generated service, which each wire serves: gRPC in `grpc-handlers.ts`, Connect in `connect/`. */
export type HandlersOf<Service> = {
  readonly [Name in keyof Service]: Service[Name] extends Method<infer Request, infer Response>
    ? Service[Name]['requestStream'] extends true
      ? BidiStreamHandler<Request, Response>
      : Service[Name]['responseStream'] extends true
        ? ServerStreamHandler<Request, Response>
        : UnaryHandler<Request, Response>
    : never
}

export type Handler<Request, Response> =
  | UnaryHandler<Request, Response>
  | ServerStreamHandler<Request, Response>
  | BidiStreamHandler<Request, Response>

export function unary<Request, Response>(
  handle: UnaryHandler<Request, Response>['handle'],
): UnaryHandler<Request, Response> {
  return { kind: 'unary', handle }
}

export function serverStream<Request, Response>(
  handle: ServerStreamHandler<Request, Response>['handle'],
  timeout?: StreamTimeout<Response>,
): ServerStreamHandler<Request, Response> {
  return { kind: 'serverStream', handle, timeout }
}

export function bidiStream<Request, Response>(
  handle: BidiStreamHandler<Request, Response>['handle'],
): BidiStreamHandler<Request, Response> {
  return { kind: 'bidiStream', handle }
}
