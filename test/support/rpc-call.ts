import { credentials, Metadata, makeClientConstructor, type ServiceError, status } from '@grpc/grpc-js'
import type { BatchItemResult } from '../../src/gen/laurel/v1/progress_service.ts'
import { RPCS, type Rpc } from './rpc-requests.ts'

interface AnyResponse {
  readonly results?: BatchItemResult[]
  readonly resumeToken?: string
}

export interface RpcOutcome {
  readonly code: status
  /** Empty for OK. */
  readonly message: string
}

export const SUCCESS: RpcOutcome = { code: status.OK, message: '' }

export async function statusOf(...call: Parameters<typeof callRpc>): Promise<status> {
  return (await callRpc(...call)).code
}

/**
 * Calls an RPC, unary or streaming, and returns the outcome of its first item.
 * @param name of the RPC, alone or before a comma
 */
export function callRpc(
  address: string,
  name: string,
  request: object,
  token: string | undefined,
): Promise<RpcOutcome> {
  const { definition, complete } = RPCS.get(name.split(',')[0] as string) as Rpc
  const { requestStream, responseStream } = definition
  const Client = makeClientConstructor({ call: definition }, 'test')
  const client = new Client(address, credentials.createInsecure())
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  const message = complete(request)
  return new Promise<RpcOutcome>((resolve) => {
    const done = (error: ServiceError | null, response: AnyResponse) =>
      resolve(error === null ? firstOf(response) : { code: error.code, message: error.details })
    const method = (client['call'] as (...parts: unknown[]) => ReturnType<typeof Object>).bind(client)
    if (!responseStream) {
      method(message, metadata, done)
      return
    }
    const stream = requestStream ? method(metadata) : method(message, metadata)
    stream.on('data', (response: AnyResponse) => {
      const outcome = firstOf(response)
      if (outcome !== SUCCESS) resolve(outcome)
      // A watch that was accepted has no end of its own.
      if (response.resumeToken !== undefined) {
        resolve(SUCCESS)
        stream.cancel()
      }
    })
    stream.on('error', () => {})
    stream.on('status', ({ code, details }: { code: status; details: string }) =>
      resolve({ code, message: details }),
    )
    if (requestStream) stream.end(message)
  }).finally(() => client.close())
}

/** A call of several items reports a denial in the item's own result. */
function firstOf({ results = [] }: AnyResponse): RpcOutcome {
  const outcome = results[0]?.outcome
  return outcome?.$case === 'error' ? outcome.value : SUCCESS
}
