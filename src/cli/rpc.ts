import { type DescMethod, fromBinary, fromJsonString, type Message, toBinary } from '@bufbuild/protobuf'
import type { Client, ClientDuplexStream } from '@grpc/grpc-js'
import { checkJsonMessage } from '../grpc/connect/json-message.ts'
import { descriptorRegistry } from '../grpc/descriptors.ts'
import { responsesOf } from './client.ts'
import { Failure } from './failure.ts'

const PACKAGE = 'laurel.v1'

/**
 * Returns the RPC of a name such as `TitleService/GetTitle`.
 * @throws Failure if there is no such RPC, with the RPCs of the service, or the services.
 */
export function methodNamed(name: string): DescMethod {
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

/**
 * Returns the message of a request in protobuf's JSON.
 * @throws LaurelError with the paths of all members that are not valid.
 */
export function encodeRequest({ input }: DescMethod, json: string): Buffer {
  checkJsonMessage(input, Buffer.from(json))
  return Buffer.from(toBinary(input, fromJsonString(input, json, { registry: descriptorRegistry() })))
}

/** Calls any RPC, and yields its responses. */
export function callRpc(
  client: Client,
  method: DescMethod,
  request: Buffer,
  signal: AbortSignal,
): AsyncGenerator<Message> {
  return responsesOf(() => begin(client, method, request), signal)
}

/** Every kind of RPC is a stream on the wire. */
function begin(client: Client, { parent, name, output }: DescMethod, request: Buffer) {
  const encode = (bytes: Buffer) => bytes
  const decode = (bytes: Buffer): Message => fromBinary(output, bytes)
  const call = client.makeBidiStreamRequest(`/${parent.typeName}/${name}`, encode, decode)
  call.end(request)
  return call as unknown as ClientDuplexStream<never, Message>
}
