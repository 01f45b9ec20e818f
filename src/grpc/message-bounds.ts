import type { MethodDefinition, Server, ServiceDefinition } from '@grpc/grpc-js'
import { invalidArgument, LaurelError } from '../model/errors.ts'
import { LIMITS } from '../model/limits.ts'
import { requestShapes, type Shape } from './message-shapes.ts'

/** A message up to this size is decoded without counting, because it cannot be expensive. */
const SMALL_BYTES = 4096

export type ServiceHost = Pick<Server, 'addService'>

type Method = MethodDefinition<unknown, unknown>

/**
 * Returns the service with a limit on the cost of decoding requests. The deserializer returns a LaurelError in place of
 * a rejected message; the interceptor (`admission.ts`) turns it into the call's status.
 */
export function bounded<Service extends ServiceDefinition>(service: Service): Service {
  const methods = Object.entries(service).map(([name, method]) => [name, withBounds(method)])
  return Object.fromEntries(methods) as Service
}

function withBounds(method: Method): Method {
  // Messages of reflection have no shape: the limit of public services keeps them small.
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
 * Counts the values that decoding would create, in one pass over the bytes without allocation: 4 MiB of a packed list are
 * 4 million elements. Each occurrence of a field and each element of a packed list counts.
 */
class Walk {
  readonly #bytes: Uint8Array
  readonly #path: string[] = []
  #position = 0
  #left: number = LIMITS.messageValues

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** @throws LaurelError INVALID_ARGUMENT if the message holds too many values or is malformed. */
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
          // Groups, which proto3 does not have.
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
      // The last byte of each varint has no highest bit.
      for (let offset = this.#position; offset < stop && this.#left >= 0; offset += 1) {
        if ((this.#bytes[offset] as number) < 0x80) this.#left -= 1
      }
    }
    if (this.#left < 0) throw this.#tooMany(name)
  }

  /** Reads the lowest 32 bits of a varint: tags and lengths have no more. */
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
