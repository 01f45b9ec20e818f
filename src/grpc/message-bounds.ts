import type { MethodDefinition, Server, ServiceDefinition } from '@grpc/grpc-js'
import { invalidArgument, LaurelError } from '../model/errors.ts'
import { LIMITS } from '../model/limits.ts'
import { requestShapes, type Shape } from './message-shapes.ts'

/** A message up to this size is decoded at once: it holds too little to cost much. */
const SMALL_BYTES = 4096

/** Where services are added. */
export type ServiceHost = Pick<Server, 'addService'>

type Method = MethodDefinition<unknown, unknown>

/**
 * The service with requests that cost no more to decode than they may. A request that is refused is a LaurelError in
 * place of the message, which the interceptor (`admission.ts`) makes the status of the call.
 */
export function bounded<Service extends ServiceDefinition>(service: Service): Service {
  const methods = Object.entries(service).map(([name, method]) => [name, withBounds(method)])
  return Object.fromEntries(methods) as Service
}

function withBounds(method: Method): Method {
  // Reflection's own messages are in none of our files; nothing that is not small is let in there.
  const shape = requestShapes().get(method.path) ?? []
  const requestDeserialize = (bytes: Buffer): unknown => {
    try {
      if (bytes.length > SMALL_BYTES) new Walk(bytes).message(shape, bytes.length)
      return method.requestDeserialize(bytes)
    } catch (error) {
      return error instanceof LaurelError ? error : malformed()
    }
  }
  return { ...method, requestDeserialize }
}

/**
 * Counts what decoding would create, in one pass over the bytes that creates nothing: 4 MiB of a packed list are 4 million
 * elements. What is counted is each field as often as it comes, and each element of a packed list.
 */
class Walk {
  readonly #bytes: Uint8Array
  readonly #path: string[] = []
  #position = 0
  #left: number = LIMITS.messageValues

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** @throws LaurelError INVALID_ARGUMENT for a message that holds too much, or that is none. */
  message(shape: Shape, end: number): void {
    while (this.#position < end) {
      const tag = this.#number()
      const field = shape[tag >>> 3]
      switch (tag & 7) {
        case 0:
          this.#number()
          break
        case 1:
          this.#position += 8
          break
        case 2: {
          const stop = this.#number() + this.#position
          if (stop > end) throw malformed()
          if (field?.shape !== undefined) {
            this.#path.push(field.name)
            this.message(field.shape, stop)
            this.#path.pop()
          } else if (field?.packed !== undefined) this.#packed(field.packed, stop, field.name)
          this.#position = stop
          break
        }
        case 5:
          this.#position += 4
          break
        default:
          // Groups, which proto3 has none of.
          throw malformed()
      }
      this.#left -= 1
      if (this.#left < 0) throw this.#tooMany(field?.name)
    }
    if (this.#position > end) throw malformed()
  }

  #packed(width: number, stop: number, name: string): void {
    if (width > 0) this.#left -= Math.floor((stop - this.#position) / width)
    else {
      // Each varint ends with the one byte of it that has no highest bit.
      for (let at = this.#position; at < stop && this.#left >= 0; at += 1) {
        if ((this.#bytes[at] as number) < 0x80) this.#left -= 1
      }
    }
    if (this.#left < 0) throw this.#tooMany(name)
  }

  /** Reads a varint; of one that is longer than 32 bits only the lowest, as tags and lengths have no more. */
  #number(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#position]
      if (byte === undefined) throw malformed()
      this.#position += 1
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw malformed()
  }

  #tooMany(name = ''): LaurelError {
    const field = [...this.#path, name].filter((part) => part !== '').join('.')
    const message = `makes the message hold more than ${LIMITS.messageValues} fields and elements of lists: send less at a time`
    return invalidArgument([{ field, message }])
  }
}

function malformed(): LaurelError {
  return invalidArgument([{ field: '', message: 'the message cannot be decoded: it is none of its type' }])
}
