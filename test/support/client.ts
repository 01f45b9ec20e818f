import {
  type CallOptions,
  type Client,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall

/** The request and response types of a client's unary method, inferred from its signature. */
type RequestOf<Method> = Method extends UnaryMethod<infer Request, infer _Response> ? Request : never
type ResponseOf<Method> = Method extends UnaryMethod<infer _Request, infer Response> ? Response : never

/** Returns a client of a generated class, such as `createClient(ProgressServiceClient, server.address)`. */
export function createClient<T extends Client>(
  type: new (address: string, channelCredentials: ReturnType<typeof credentials.createInsecure>) => T,
  address: string,
): T & Disposable {
  const client = new type(address, credentials.createInsecure())
  return Object.assign(client, { [Symbol.dispose]: () => client.close() })
}

export interface CallSettings {
  readonly metadata?: Readonly<Record<string, string>>
  readonly deadline?: Date
}

/** Calls a unary method and returns its response; rejects with the ServiceError. */
export function callUnary<T extends Client, Name extends keyof T>(
  client: T,
  method: Name,
  request: RequestOf<T[Name]>,
  settings: CallSettings = {},
): Promise<ResponseOf<T[Name]>> {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(settings.metadata ?? {})) metadata.set(name, value)
  const call = client[method] as UnaryMethod<RequestOf<T[Name]>, ResponseOf<T[Name]>>
  const options = settings.deadline === undefined ? {} : { deadline: settings.deadline }
  return new Promise((resolve, reject) => {
    call.call(client, request, metadata, options, (error, response) =>
      error ? reject(error) : resolve(response),
    )
  })
}
