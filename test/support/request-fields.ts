import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'
import { descriptors } from '../../src/grpc/descriptors.ts'

type Field = FieldDescriptorProto

/** A list, map or text somewhere in the request of a method. */
export interface RequestField {
  /** `/laurel.v1.TitleService/CreateTitle` */
  readonly method: string
  readonly isStream: boolean
  /** The path in errors, without indexes and keys. */
  readonly path: string
  /** The message that declares the field, without its package. */
  readonly message: string
  readonly name: string
  readonly isList: boolean
  readonly isText: boolean
  /** Returns a request with these elements or texts at the path, and in nothing else than leads there. */
  readonly requestWith: (values: readonly Uint8Array[]) => Uint8Array
  /** Returns the content of element `index` of the list or map. */
  readonly element: (index: number) => Uint8Array
}

const CONTRACT = 'laurel.v1'
const FIELD_MASK = '.google.protobuf.FieldMask'

const messages = new Map<string, DescriptorProto>()
for (const { package: scope, messageType } of descriptors()) collect(`.${scope}`, messageType)

function collect(scope: string, found: readonly DescriptorProto[]): void {
  for (const message of found) {
    messages.set(`${scope}.${message.name}`, message)
    collect(`${scope}.${message.name}`, message.nestedType)
  }
}

/** Returns all lists, maps and texts in the requests of the contract. */
export function requestFields(): readonly RequestField[] {
  const services = descriptors()
    .filter((file) => file.package === CONTRACT)
    .flatMap((file) => file.service)
  return services.flatMap((service) =>
    service.method.flatMap(({ name, inputType, clientStreaming, serverStreaming }) => {
      const method = `/${CONTRACT}.${service.name}/${name}`
      return fieldsIn(inputType).map((step) => ({
        ...describe(inputType, step),
        method,
        isStream: clientStreaming || serverStreaming,
      }))
    }),
  )
}

/** A field, its message, and the fields that lead there from the request. */
interface Step {
  readonly owner: string
  readonly fields: readonly Field[]
}

function fieldsIn(owner: string): readonly Step[] {
  return (messages.get(owner)?.field ?? []).flatMap((field) => {
    const inner = field.type === Type.MESSAGE ? fieldsIn(field.typeName) : []
    const below = inner.map((step) => ({ ...step, fields: [field, ...step.fields] }))
    const isBounded = field.label === Label.REPEATED || field.type === Type.STRING
    return isBounded ? [{ owner, fields: [field] }, ...below] : below
  })
}

function describe(inputType: string, { owner, fields }: Step) {
  const field = fields.at(-1) as Field
  // Paths leave out the members of map entries and of field masks.
  const owners = [inputType, ...fields.map(({ typeName }) => typeName)]
  const isNamed = (_: Field, index: number) => {
    const name = owners[index] as string
    return name !== FIELD_MASK && !messages.get(name)?.options?.mapEntry
  }
  return {
    path: fields
      .filter(isNamed)
      .map(({ name }) => name)
      .join('.'),
    message: owner.replace(`.${CONTRACT}.`, ''),
    name: field.name,
    isList: field.label === Label.REPEATED,
    isText: field.type === Type.STRING,
    element: (index: number) => elementOf(field, index),
    requestWith: (values: readonly Uint8Array[]) => encode(inputType, fields, values),
  }
}

function elementOf(field: Field, index: number): Uint8Array {
  if (field.type === Type.STRING) return Buffer.from(`e${index}`)
  if (field.type === Type.ENUM) return Uint8Array.of(1)
  if (!isMap(field)) return new Uint8Array()
  const entry = new BinaryWriter().tag(1, WireType.LengthDelimited).string(`e${index}`)
  return entry.tag(2, WireType.LengthDelimited).bytes(new Uint8Array()).finish()
}

function encode(inputType: string, fields: readonly Field[], values: readonly Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter()
  write(writer, fields, values)
  addRecord(writer, inputType, fields)
  return writer.finish()
}

function write(
  writer: BinaryWriter,
  [field, ...inner]: readonly Field[],
  values: readonly Uint8Array[],
): void {
  if (field === undefined) return
  const tag = () => writer.tag(field.number, WireType.LengthDelimited)
  if (inner.length > 0) {
    tag().fork()
    // On the way through a map, its entry has a key.
    if (isMap(field) && inner[0]?.number !== 1) writer.tag(1, WireType.LengthDelimited).string('key')
    write(writer, inner, values)
    // An entry without a message as its value is skipped.
    if (isMap(field) && inner[0]?.number === 1)
      writer.tag(2, WireType.LengthDelimited).bytes(new Uint8Array())
    writer.join()
  } else if (field.type === Type.ENUM) tag().bytes(Buffer.concat(values))
  else for (const value of values) tag().bytes(value)
}

/** Adds the record that a create or an update needs, and the mask with the field of an update. */
function addRecord(writer: BinaryWriter, inputType: string, [first, second]: readonly Field[]): void {
  const fields = messages.get(inputType)?.field ?? []
  const mask = fields.find(({ typeName }) => typeName === FIELD_MASK)
  const record = fields.find(({ typeName }) =>
    inputType.endsWith(`${typeName.slice(CONTRACT.length + 2)}Request`),
  )
  if (record === undefined) return
  if (first !== record) writer.tag(record.number, WireType.LengthDelimited).fork().join()
  else if (mask !== undefined) {
    writer.tag(mask.number, WireType.LengthDelimited).fork()
    writer
      .tag(1, WireType.LengthDelimited)
      .string(second?.name ?? '')
      .join()
  }
}

function isMap(field: Field): boolean {
  return messages.get(field.typeName)?.options?.mapEntry === true
}
