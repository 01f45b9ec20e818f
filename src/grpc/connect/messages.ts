import { type DescMethod, fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import { LaurelError } from '../../model/errors.ts'
import type { Rpc } from '../services.ts'

/**
 * Returns a request in the form of the handlers, through its encoding: they know one form, and the bounds of gRPC hold.
 * @throws LaurelError INVALID_ARGUMENT
 */
export function decode({ method }: Rpc, { input }: DescMethod, message: Message): unknown {
  const bytes = toBinary(input, message)
  const request = method.requestDeserialize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  if (request instanceof LaurelError) throw request
  return request
}

export function encode({ method }: Rpc, { output }: DescMethod, response: unknown): Message {
  return fromBinary(output, method.responseSerialize(response))
}
