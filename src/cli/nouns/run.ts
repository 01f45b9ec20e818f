import type { DescMethod } from '@bufbuild/protobuf'
import { Client } from '@grpc/grpc-js'
import { readProcessClientConfig } from '../../config.ts'
import { formatJson } from '../../model/exact-json.ts'
import type { JsonObject } from '../../model/json.ts'
import { connect } from '../client.ts'
import { explain, Failure } from '../failure.ts'
import { callRpc, encodeRequest } from '../rpc.ts'
import { type OutputOptions, printList, printRecord, type Records } from './output.ts'
import type { Parameters } from './parameters.ts'

export interface Run {
  readonly method: DescMethod
  readonly parameters: Parameters
  readonly records: Records
  readonly request: JsonObject
  readonly output: OutputOptions
}

const MAX_PAGE_SIZE = 1000

/**
 * Calls the RPC of a command, and prints the records of its responses.
 * @throws Failure that names arguments and options in place of the request's fields.
 */
export async function runVerb(
  { method, parameters, records, request, output }: Run,
  signal: AbortSignal,
): Promise<void> {
  const hasPages = method.input.fields.some(({ name }) => name === 'page_size')
  const page = hasPages ? { page_size: Math.min(output.limit ?? MAX_PAGE_SIZE, MAX_PAGE_SIZE) } : {}
  const encode = (pageToken: string) =>
    encodeRequest(
      method,
      formatJson({ ...page, ...request, ...(pageToken === '' ? {} : { page_token: pageToken }) }),
    )
  try {
    const first = encode('')
    using client = await connect(Client, readProcessClientConfig())
    const call = async (pageToken: string) => {
      const encoded = pageToken === '' ? first : encode(pageToken)
      for await (const response of callRpc(client, method, encoded, signal)) return response
      throw new Failure(['the server ended the call without a response'])
    }
    await (records.isList ? printList : printRecord)(call, method, records, output)
  } catch (error) {
    throw signal.aborted ? error : new Failure(explain(error, namesOf(parameters)), error)
  }
}

/** Returns the names on the command line by the paths of the fields. */
function namesOf(parameters: Parameters): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...parameters.arguments.map(({ path, name }) => [path, `<${name}>`]),
    ...parameters.options.map(({ path, name }) => [path, `--${name}`]),
  ])
}
