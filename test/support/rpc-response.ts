import { credentials, Metadata, makeClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { RPCS, type Rpc } from './rpc-requests.ts'

/** A call of an RPC by its name. */
export interface Ask {
  readonly name: string
  readonly request: object
}

/** Calls an RPC and returns its response, or all responses of a stream. */
export async function responseOf(
  address: string,
  { name, request }: Ask,
  token: string,
  requestId: string,
  headers: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { definition, complete } = RPCS.get(name) as Rpc
  const Client = makeClientConstructor({ call: definition }, 'test')
  const client = new Client(address, credentials.createInsecure())
  const metadata = new Metadata()
  for (const [key, value] of Object.entries({ ...headers, authorization: `Bearer ${token}` }))
    metadata.set(key, value)
  const message = complete(withId(request, requestId))
  try {
    return await new Promise((resolve, reject) => {
      const method = (client['call'] as (...parts: unknown[]) => ReturnType<typeof Object>).bind(client)
      if (!definition.responseStream) {
        method(message, metadata, (error: ServiceError | null, response: unknown) =>
          error ? reject(error) : resolve(response),
        )
        return
      }
      const responses: unknown[] = []
      const stream = method(metadata)
      stream.on('data', (response: unknown) => responses.push(response))
      stream.on('error', reject)
      stream.on('end', () => resolve(responses))
      stream.end(message)
    })
  } finally {
    client.close()
  }
}

function withId(request: object, requestId: string): object {
  if (!('items' in request)) return { ...request, requestId }
  return { items: (request.items as object[]).map((item) => ({ ...item, requestId })) }
}
