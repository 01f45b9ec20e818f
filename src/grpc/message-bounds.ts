import { isUtf8 } from 'node:buffer'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import type { MethodDefinition, Server, ServiceDefinition } from '@grpc/grpc-js'
import { invalidArgument, LaurelError } from '../model/errors.ts'
import { LIMITS } from '../model/limits.ts'
import { type FieldShape, requestShapes, type Shape } from './message-shapes.ts'

/** A message up to this size is decoded without a check, because it cannot be expensive. Its readers check its fields. */
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
  // Messages of health and reflection have no shape: the limit of public services keeps them small.
  const shape = requestShapes().get(method.path)
  const requestDeserialize = (bytes: Buffer): unknown => {
    try {
      if (shape === undefined) return method.requestDeserialize(bytes)
      const isSmall = bytes.length <= SMALL_BYTES
      if (!isSmall) new Walk(bytes).message(shape, bytes.length)
      return method.requestDeserialize(readerOf(bytes, isSmall ? decodeChecked : decode))
    } catch (error) {
      return error instanceof LaurelError ? error : describeFault(shape, bytes)
    }
  }
  return { ...method, requestDeserialize }
}

/**
 * Checks an encoded request of a method before other decoders than the generated ones read it.
 * @throws LaurelError INVALID_ARGUMENT
 */
export function checkMessage(path: string, bytes: Buffer): void {
  const shape = requestShapes().get(path)
  if (shape !== undefined && bytes.length > SMALL_BYTES) new Walk(bytes).message(shape, bytes.length)
}

/** The generated decoders accept a reader too. Its own decoder takes ten times as long, and replaces bytes that are not UTF-8. */
function readerOf(bytes: Buffer, decodeText: (text: Uint8Array) => string): Buffer {
  return new BinaryReader(bytes, decodeText) as unknown as Buffer
}

function decodeChecked(text: Uint8Array): string {
  if (!isUtf8(text)) throw new Error('a text is not UTF-8')
  return decode(text)
}

/** The reader cuts each text from the Buffer of its message. */
function decode(text: Uint8Array): string {
  return (text as Buffer).toString()
}

/** Returns the error for a message that cannot be decoded, with the path of a text that is not UTF-8. */
function describeFault(shape: Shape | undefined, bytes: Buffer): LaurelError {
  try {
    if (shape !== undefined) new Walk(bytes).message(shape, bytes.length)
  } catch (error) {
    if (error instanceof LaurelError) return error
  }
  return malformed()
}

/**
 * Checks the bounds of all fields, and counts the values that decoding would create, in one pass over the bytes: 4 MiB of a
 * packed list are 4 million elements. Each occurrence of a field and each element of a packed list counts.
 */
class Walk {
  readonly #bytes: Uint8Array
  /** The fields around the current one, and which of their elements it is in. */
  readonly #fields: FieldShape[] = []
  readonly #indexes: number[] = []
  #position = 0
  #left: number = LIMITS.messageValues

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** @throws LaurelError INVALID_ARGUMENT if a field or the message holds too much, or the message is malformed. */
  message(shape: Shape, end: number): void {
    let counts: number[] | undefined
    while (this.#position < end) {
      const tag = this.#number()
      const field = shape[tag >>> 3]
      let stop = this.#position
      let elements = 1
      switch (tag & 7) {
        case 0:
          this.#number()
          stop = this.#position
          break
        case 1:
          stop += 8
          break
        case 2:
          stop = this.#number() + this.#position
          if (stop > end) throw malformed()
          if (field?.packed !== undefined) elements = this.#packedCount(field.packed, stop)
          break
        case 5:
          stop += 4
          break
        default:
          // Groups, which proto3 does not have.
          throw malformed()
      }
      let count = elements
      if (field?.maxElements !== undefined) {
        counts ??= []
        count += counts[field.number] ?? 0
        counts[field.number] = count
        if (count > field.maxElements) throw this.#violation(`must be at most ${field.maxElements}`, field)
      }
      this.#left -= elements
      if (this.#left < 0) throw this.#tooMany(field)
      if (field !== undefined && (tag & 7) === 2) this.#content(field, count - 1, stop)
      this.#position = stop
    }
    if (this.#position > end) throw malformed()
  }

  /** Checks a text, a byte string or a message, which ends at `stop`. */
  #content(field: FieldShape, index: number, stop: number): void {
    const isTooLong = field.maxBytes !== undefined && stop - this.#position > field.maxBytes
    const isBroken = field.isText && !isTooLong && !isUtf8(this.#bytes.subarray(this.#position, stop))
    if (isTooLong) throw this.#violation(`must be at most ${field.limit}`, field, index)
    if (isBroken) throw this.#violation('must be UTF-8 text', field, index)
    if (field.shape === undefined) return
    this.#fields.push(field)
    this.#indexes.push(index)
    this.message(field.shape, stop)
    this.#fields.pop()
    this.#indexes.pop()
  }

  /** Returns the number of elements in a packed list; above the limit of the message, any higher number. */
  #packedCount(width: number, stop: number): number {
    if (width > 0) return Math.floor((stop - this.#position) / width)
    let count = 0
    // The last byte of each varint has no highest bit.
    for (let offset = this.#position; offset < stop && count <= this.#left; offset += 1) {
      if ((this.#bytes[offset] as number) < 0x80) count += 1
    }
    return count
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

  #tooMany(field: FieldShape | undefined): LaurelError {
    const message = `makes the message hold more than ${LIMITS.messageValues} fields and elements of lists: send less at a time`
    return this.#violation(message, field)
  }

  /** @param index of the element at fault in the list; undefined for the list itself */
  #violation(message: string, field: FieldShape | undefined, index?: number): LaurelError {
    const parts = [...this.#fields, ...(field === undefined ? [] : [field])].map((each, depth) => {
      const position = depth < this.#indexes.length ? this.#indexes[depth] : index
      return each.isIndexed && position !== undefined ? `${each.name}[${position}]` : each.name
    })
    return invalidArgument([{ field: parts.filter((part) => part !== '').join('.'), message }])
  }
}

function malformed(): LaurelError {
  return invalidArgument([{ field: '', message: 'the message cannot be decoded: it is none of its type' }])
}
