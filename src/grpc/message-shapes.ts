import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'
import { descriptors } from './descriptors.ts'

/** What has to be known of a message to walk through its bytes: its fields, by their numbers. */
export type Shape = readonly (FieldShape | undefined)[]

export interface FieldShape {
  readonly name: string
  /** Of a field that is a message. */
  readonly shape: Shape | undefined
  /** How many bytes an element of a packed list takes, 0 for varints; undefined for what cannot be packed. */
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

let known: ReadonlyMap<string, Shape> | undefined

/** Returns the shapes of all requests, by the paths of their methods: `/laurel.v1.TitleService/GetTitle`. */
export function requestShapes(): ReadonlyMap<string, Shape> {
  known ??= readShapes()
  return known
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
    const known = shapes.get(name)
    if (known !== undefined) return known
    const message = messages.get(name)
    if (message === undefined) throw new Error(`${name} is in none of the .proto files`)
    const shape: (FieldShape | undefined)[] = []
    shapes.set(name, shape)
    for (const field of message.field) {
      const inner = field.type === Type.MESSAGE ? shapeOf(field.typeName) : undefined
      // An entry of a map is a message on the wire, which no path names.
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
