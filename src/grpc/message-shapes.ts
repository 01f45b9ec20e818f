import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'
import { descriptors } from './descriptors.ts'

/** The fields of a message, by number. */
export type Shape = readonly (FieldShape | undefined)[]

export interface FieldShape {
  readonly name: string
  /** Set for a field with a message type. */
  readonly shape: Shape | undefined
  /** Bytes per element of a packed list, 0 for varints; undefined for fields that are never packed. */
  readonly packed: number | undefined
}

const WIDTHS: Readonly<Partial<Record<Type, number>>> = {
  [Type.DOUBLE]: 8,
  [Type.FIXED64]: 8,
  [Type.SFIXED64]: 8,
  [Type.FLOAT]: 4,
  [Type.FIXED32]: 4,
  [Type.SFIXED32]: 4,
}
const NEVER_PACKED: readonly Type[] = [Type.STRING, Type.BYTES, Type.MESSAGE, Type.GROUP]

let cached: ReadonlyMap<string, Shape> | undefined

/** Returns the shapes of all requests, by the paths of their methods: `/laurel.v1.TitleService/GetTitle`. */
export function requestShapes(): ReadonlyMap<string, Shape> {
  cached ??= readShapes()
  return cached
}

function readShapes(): ReadonlyMap<string, Shape> {
  const messages = new Map<string, DescriptorProto>()
  const collect = (scope: string, message: DescriptorProto) => {
    const name = `${scope}.${message.name}`
    messages.set(name, message)
    for (const nested of message.nestedType) collect(name, nested)
  }
  for (const file of descriptors())
    for (const message of file.messageType) collect(`.${file.package}`, message)

  const shapes = new Map<string, Shape>()
  const shapeOf = (name: string): Shape => {
    const cached = shapes.get(name)
    if (cached !== undefined) return cached
    const message = messages.get(name)
    if (message === undefined) throw new Error(`${name} is in none of the .proto files`)
    const shape: (FieldShape | undefined)[] = []
    shapes.set(name, shape)
    for (const field of message.field) {
      const inner = field.type === Type.MESSAGE ? shapeOf(field.typeName) : undefined
      // A map entry is a message on the wire; a field path omits it.
      const label = message.options?.mapEntry ? '' : field.name
      shape[field.number] = { name: label, shape: inner, packed: packedWidth(field) }
    }
    return shape
  }
  return new Map(
    descriptors().flatMap(({ package: scope, service: services }) =>
      services.flatMap((service) =>
        service.method.map((method) => [
          `/${scope}.${service.name}/${method.name}`,
          shapeOf(method.inputType),
        ]),
      ),
    ),
  )
}

function packedWidth({ label, type }: FieldDescriptorProto): number | undefined {
  if (label !== Label.REPEATED || NEVER_PACKED.includes(type)) return undefined
  return WIDTHS[type] ?? 0
}
