import { text } from 'node:stream/consumers'
import {
  type DescMethod,
  fromBinary,
  fromJsonString,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import { Client, type ClientDuplexStream } from '@grpc/grpc-js'
import type { Command } from 'commander'
import { readProcessClientConfig } from '../config.ts'
import { checkJsonMessage } from '../grpc/connect/json-message.ts'
import { descriptorRegistry } from '../grpc/descriptors.ts'
import { SERVER_HELP } from './arguments.ts'
import { connect, responsesOf } from './client.ts'
import { explain, Failure } from './failure.ts'
import { untilInterrupted } from './interrupt.ts'
import { print } from './terminal.ts'

const PACKAGE = 'laurel.v1'

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
    const request = await readRequest(method, json)
    using client = await connect(Client, readProcessClientConfig())
    const indent = method.methodKind === 'unary' ? 2 : undefined
    for await (const response of responsesOf(() => begin(client, method, request), signal)) {
      print([JSON.stringify(response, null, indent)])
    }
  } catch (error) {
    // Fields have their own names: this command has no options for them.
    throw signal.aborted ? error : new Failure(explain(error, {}), error)
  }
}

async function readRequest({ input }: DescMethod, json: string): Promise<Buffer> {
  const request = json === '-' ? await text(process.stdin) : json
  checkJsonMessage(input, Buffer.from(request))
  return Buffer.from(toBinary(input, fromJsonString(input, request, { registry: descriptorRegistry() })))
}

/** Every kind of RPC is a stream on the wire. */
function begin(client: Client, { parent, name, output }: DescMethod, request: Buffer) {
  const encode = (bytes: Buffer) => bytes
  const decode = (bytes: Buffer) =>
    toJson(output, fromBinary(output, bytes), { registry: descriptorRegistry() })
  const call = client.makeBidiStreamRequest(`/${parent.typeName}/${name}`, encode, decode)
  call.end(request)
  return call as unknown as ClientDuplexStream<never, JsonValue>
}

/** @throws Failure if there is no such RPC, with the RPCs of the service, or the services. */
function methodNamed(name: string): DescMethod {
  const [service = '', method = ''] = name.replace(/^\//, '').replace(`${PACKAGE}.`, '').split('/')
  const services = [...descriptorRegistry()].filter((type) => type.kind === 'service')
  const listed = services.filter(({ typeName }) => typeName.startsWith(`${PACKAGE}.`))
  const found = listed.find((type) => type.name === service)
  if (found === undefined) {
    throw new Failure([
      `there is no service ${JSON.stringify(service)}: ${listed.map(({ name }) => name).join(', ')}`,
    ])
  }
  const rpc = found.methods.find((type) => type.name === method)
  if (rpc === undefined) {
    const names = found.methods.map(({ name }) => name).join(', ')
    throw new Failure([`${service} has no method ${JSON.stringify(method)}: ${names}`])
  }
  return rpc
}
