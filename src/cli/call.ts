import { text } from 'node:stream/consumers'
import { Client } from '@grpc/grpc-js'
import type { Command } from 'commander'
import { readProcessClientConfig } from '../config.ts'
import { jsonOf } from '../grpc/message-json.ts'
import { connect, SERVER_HELP } from './client.ts'
import { explain, Failure } from './failure.ts'
import { untilInterrupted } from './interrupt.ts'
import { callRpc, encodeRequest, methodNamed } from './rpc.ts'
import { print } from './terminal.ts'

const HELP = `
The request is in protobuf's JSON, with the names of the contract or in camel case; - reads it from standard input.
A stream prints one line for each response. Example:

  laurel call TitleService/GetTitle '{"title_id": "lanternfall"}'
`

export function addCall(program: Command): void {
  program
    .command('call')
    .description('call any RPC of the server with a request in JSON')
    .argument('<service/method>', 'the RPC: proto/laurel/v1 lists them')
    .argument('[json]', 'the request', '{}')
    .addHelpText('after', HELP + SERVER_HELP)
    .action((name: string, json: string) => untilInterrupted((signal) => run(name, json, signal)))
}

async function run(name: string, json: string, signal: AbortSignal): Promise<void> {
  const method = methodNamed(name)
  try {
    const request = encodeRequest(method, json === '-' ? await text(process.stdin) : json)
    using client = await connect(Client, readProcessClientConfig())
    const indent = method.methodKind === 'unary' ? 2 : undefined
    for await (const response of callRpc(client, method, request, signal)) {
      print([JSON.stringify(jsonOf(method.output, response), null, indent)])
    }
  } catch (error) {
    // Fields have their own names: this command has no options for them.
    throw signal.aborted ? error : new Failure(explain(error, {}), error)
  }
}
