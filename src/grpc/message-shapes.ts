import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'
import { descriptors } from './descriptors.ts'
import { boundOf } from './field-bounds.ts'

/** The fields of a message, by number. */
export type Shape = readonly (FieldShape | undefined)[]

export interface FieldShape {
  readonly number: number
  /** Empty for a field that paths leave out. */
  readonly name: string
  readonly isText: boolean
  /** Set for a field with a message type. */
  readonly shape: Shape | undefined
  /** Bytes per element of a packed list, 0 for varints; undefined for fields that are never packed. */
  readonly packed: number | undefined
  /** Whether paths name elements of the list by their index: not those of a map. */
  readonly isIndexed: boolean
  /** The maximum number of elements; undefined for a field that is neither a list nor a map. */
  readonly maxElements: number | undefined
  /** The maximum size of a text or byte string: the bytes of the allowed characters, whichever they are. */
  readonly maxBytes: number | undefined
  /** The limit as its readers report it. */
  readonly limit: string
}

const CONTRACT = 'laurel.v1'
const MAX_UTF8_BYTES = 4
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

/** Returns the shapes of all requests of the contract, by the paths of their methods: `/laurel.v1.TitleService/GetTitle`. */
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
      // A map entry, and the list in a FieldMask, are messages on the wire; a field path omits them.
      const isOmitted = message.options?.mapEntry || name === '.google.protobuf.FieldMask'
      const isMap = messages.get(field.typeName)?.options?.mapEntry === true
      shape[field.number] = {
        number: field.number,
        name: isOmitted ? '' : field.name,
        shape: inner,
        isIndexed: field.label === Label.REPEATED && !isMap && !isOmitted,
        ...limitsOf(name, field),
      }
    }
    return shape
  }
  return new Map(
    descriptors()
      .filter((file) => file.package === CONTRACT)
      .flatMap((file) => file.service)
      .flatMap((service) =>
        service.method.map((method) => [
          `/${CONTRACT}.${service.name}/${method.name}`,
          shapeOf(method.inputType),
        ]),
      ),
  )
}

type FieldLimits = Pick<FieldShape, 'isText' | 'packed' | 'maxElements' | 'maxBytes' | 'limit'>

function limitsOf(message: string, field: FieldDescriptorProto): FieldLimits {
  const isList = field.label === Label.REPEATED
  const isText = field.type === Type.STRING
  const { elements, characters, bytes } = boundOf(message.replace(`.${CONTRACT}.`, ''), field.name) ?? {}
  const isSized = isText || field.type === Type.BYTES
  const maxBytes = bytes ?? (characters && characters * MAX_UTF8_BYTES)
  if ((isList && elements === undefined) || (isSized && maxBytes === undefined))
    throw new Error(`${message}.${field.name} has no bound: add it to field-bounds.ts`)
  return {
    isText,
    packed: isList && !NEVER_PACKED.includes(field.type) ? (WIDTHS[field.type] ?? 0) : undefined,
    maxElements: isList ? elements : undefined,
    maxBytes: isSized ? maxBytes : undefined,
    limit: bytes === undefined ? `${characters} characters` : `${bytes} bytes`,
  }
}
