import { type DescMessage, fromBinary, type Message, toJson } from '@bufbuild/protobuf'
import type { JsonObject } from '../model/json.ts'
import { descriptorRegistry } from './descriptors.ts'

/** Returns a message of the contract by its name. */
export function messageNamed(name: string): DescMessage {
  const type = descriptorRegistry().getMessage(`laurel.v1.${name}`)
  if (type === undefined) throw new Error(`the contract has no message ${name}`)
  return type
}

/** The generated code of a message. */
export interface MessageCodec<Sent> {
  encode(message: Sent): { finish(): Uint8Array }
}

/** Returns a message of the generated code in protobuf's JSON. `defaults` is as for `jsonOf`. */
export function messageJson<Sent>(
  name: string,
  codec: MessageCodec<Sent>,
  message: Sent,
  defaults = false,
): JsonObject {
  const type = messageNamed(name)
  return jsonOf(type, fromBinary(type, codec.encode(message).finish()), defaults)
}

/**
 * Returns a message in protobuf's JSON: an object, because the type is of the contract and no well-known one.
 * @param defaults whether fields with the default value are included
 */
export function jsonOf(type: DescMessage, message: Message, defaults = false): JsonObject {
  const json = toJson(type, message, { registry: descriptorRegistry(), alwaysEmitImplicit: defaults })
  return json as JsonObject
}
