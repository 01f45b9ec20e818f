import { credentials, Metadata, makeClientConstructor, type ServiceError, status } from '@grpc/grpc-js'
import type { BatchItemResult } from '../../src/gen/laurel/v1/progress_service.ts'
import { RPCS, type Rpc } from './rpc-requests.ts'

interface AnyResponse {
  readonly results?: BatchItemResult[]
  readonly resumeToken?: string
}

/**
 * Calls an RPC, unary or streaming, and returns the status of its response.
 * @param name of the RPC, alone or before a comma
 */
export function statusOf(
  address: string,
  name: string,
  request: object,
  token: string | undefined,
): Promise<status> {
  const { definition, complete } = RPCS.get(name.split(',')[0] as string) as Rpc
  const { requestStream, responseStream } = definition
  const Client = makeClientConstructor({ call: definition }, 'test')
  const client = new Client(address, credentials.createInsecure())
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  const message = complete(request)
  return new Promise<status>((resolve) => {
    const done = (error: ServiceError | null) => resolve(error === null ? status.OK : error.code)
    const method = (client['call'] as (...parts: unknown[]) => ReturnType<typeof Object>).bind(client)
    if (!responseStream) {
      method(message, metadata, done)
      return
    }
    const stream = requestStream ? method(metadata) : method(message, metadata)
    stream.on('data', ({ results = [], resumeToken }: AnyResponse) => {
      // A stream of items reports a denial in the item's own result.
      const [outcome] = results.map((result) => result.outcome)
      if (outcome?.$case === 'error') resolve(outcome.value.code)
      // A watch that was accepted has no end of its own.
      if (resumeToken !== undefined) {
        resolve(status.OK)
        stream.cancel()
      }
    })
    stream.on('error', () => {})
    stream.on('status', ({ code }: { code: status }) => resolve(code))
    if (requestStream) stream.end(message)
  }).finally(() => client.close())
}
