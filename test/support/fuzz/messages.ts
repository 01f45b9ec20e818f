import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  type Registry,
  ScalarType,
} from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { descriptors } from '../../../src/grpc/descriptors.ts'
import type { Random } from './random.ts'
import { randomText } from './texts.ts'

const MAX_DEPTH = 6

export const registry: Registry = createFileRegistry(
  create(FileDescriptorSetSchema, { file: [...descriptors()] }),
)

/**
 * Returns the bytes of a message of the type: a valid one with some of its fields changed, or random fields; and now and
 * then bytes that are no such message.
 * @param known texts that name records of the server
 */
export function randomMessage(
  random: Random,
  type: DescMessage,
  valid: Uint8Array,
  known: readonly string[],
): Uint8Array {
  // A later occurrence of a field replaces an earlier one, or adds to it.
  const bytes = random.chance(0.7)
    ? Buffer.concat([valid, encode(random, type, known, 0.08, 0)])
    : encode(random, type, known, random.pick([0.2, 0.5, 0.9]), 0)
  return random.chance(0.05) ? damaged(random, bytes) : bytes
}

/** @param density the probability of a field */
function encode(
  random: Random,
  type: DescMessage,
  known: readonly string[],
  density: number,
  depth: number,
): Uint8Array {
  const writer = new BinaryWriter()
  for (const field of type.fields) {
    if (depth >= MAX_DEPTH && field.message !== undefined) continue
    if (!random.chance(field.oneof === undefined ? density : density / field.oneof.fields.length)) continue
    const count = field.fieldKind === 'list' || field.fieldKind === 'map' ? countOf(random) : 1
    for (let index = 0; index < count; index += 1) write(random, writer, field, known, density, depth)
  }
  return writer.finish()
}

function countOf(random: Random): number {
  return random.chance(0.02) ? random.below(200) : random.below(4)
}

function write(
  random: Random,
  writer: BinaryWriter,
  field: DescField,
  known: readonly string[],
  density: number,
  depth: number,
): void {
  if (field.fieldKind === 'map') {
    const entry = new BinaryWriter()
    writeScalar(random, entry, 1, field.mapKey, known)
    if (field.mapKind === 'message')
      writeBytes(entry, 2, encode(random, field.message, known, density, depth + 1))
    else writeScalar(random, entry, 2, field.mapKind === 'enum' ? ScalarType.INT32 : field.scalar, known)
    writeBytes(writer, field.number, entry.finish())
    return
  }
  const { message, scalar } = field
  if (message !== undefined)
    writeBytes(writer, field.number, encode(random, message, known, density, depth + 1))
  else writeScalar(random, writer, field.number, scalar ?? ScalarType.INT32, known)
}

function writeBytes(writer: BinaryWriter, number: number, bytes: Uint8Array): void {
  writer.tag(number, WireType.LengthDelimited).bytes(bytes)
}

const INTEGERS = [0, 1, 2, 3, 10, 100, 1000, 2 ** 31 - 1, -1, -(2 ** 31)]
const LONGS = [0n, 1n, 10n, 100n, 2n ** 53n, 2n ** 63n - 1n, -1n, -(2n ** 63n)]
const DOUBLES = [0, 1, 0.5, 50, 100, 100.5, -0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 5e-324]

function writeScalar(
  random: Random,
  writer: BinaryWriter,
  number: number,
  type: ScalarType,
  known: readonly string[],
): void {
  switch (type) {
    case ScalarType.STRING: {
      const text = Buffer.from(randomText(random, known))
      writeBytes(writer, number, random.chance(0.01) ? random.bytes(8) : text)
      break
    }
    case ScalarType.BYTES:
      writeBytes(
        writer,
        number,
        random.chance(0.5) ? random.bytes(random.below(50)) : Buffer.from(randomText(random, known)),
      )
      break
    case ScalarType.DOUBLE:
      writer.tag(number, WireType.Bit64).double(random.pick(DOUBLES))
      break
    case ScalarType.FLOAT:
      writer.tag(number, WireType.Bit32).float(random.pick(DOUBLES))
      break
    case ScalarType.INT64:
      writer.tag(number, WireType.Varint).int64(random.pick(LONGS))
      break
    case ScalarType.UINT64:
      writer.tag(number, WireType.Varint).uint64(BigInt.asUintN(64, random.pick(LONGS)))
      break
    default:
      writer.tag(number, WireType.Varint).int32(random.chance(0.5) ? random.below(8) : random.pick(INTEGERS))
  }
}

/** Returns the bytes with some changed, removed or repeated. */
function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  const start = random.below(bytes.length + 1)
  const end = Math.min(bytes.length, start + random.below(20))
  const middle = random.pick([
    random.bytes(end - start),
    new Uint8Array(),
    Buffer.concat([bytes.subarray(start, end), bytes.subarray(start, end)]),
    random.bytes(random.below(30)),
  ])
  return Buffer.concat([bytes.subarray(0, start), middle, bytes.subarray(end)])
}
