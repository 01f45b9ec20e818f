import { isFieldSet } from '@bufbuild/protobuf'
import { protoCamelCase } from '@bufbuild/protobuf/reflect'
import {
  type DescriptorProto,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'

const ONEOF_INDEX = FieldDescriptorProtoSchema.field.oneofIndex

/**
 * Makes the descriptors that proto-loader writes into what protoc would have written, in place: map entries have
 * their right names, an optional field says that it is one, JSON names are there, and each reference is absolute.
 * Without that no client can resolve them (https://github.com/grpc/grpc-node/issues/3018).
 */
export function repairDescriptors(files: readonly FileDescriptorProto[]): void {
  for (const file of files) for (const message of file.messageType) repairMessage(message)
  const names = new Set(files.flatMap(namesOf))
  for (const file of files) {
    for (const message of file.messageType) qualifyMessage(message, file.package, names)
    for (const method of file.service.flatMap((service) => service.method)) {
      method.inputType = qualified(method.inputType, file.package, names)
      method.outputType = qualified(method.outputType, file.package, names)
    }
  }
}

function repairMessage(message: DescriptorProto): void {
  nameMapEntries(message)
  markOptionalFields(message)
  for (const field of message.field) field.jsonName = protoCamelCase(field.name)
  for (const nested of message.nestedType) repairMessage(nested)
}

/** The entry of the map `display_names` is called `Display_names` here, and `DisplayNamesEntry` in truth. */
function nameMapEntries(message: DescriptorProto): void {
  for (const entry of message.nestedType.filter(({ options }) => options?.mapEntry)) {
    const field = message.field.find(
      ({ name, typeName }) => typeName === entry.name && capitalized(name) === entry.name,
    )
    if (field === undefined) throw new Error(`no field has the map entry ${message.name}.${entry.name}`)
    entry.name = `${capitalized(protoCamelCase(field.name))}Entry`
    field.typeName = entry.name
  }
}

/** An optional field stands alone in a oneof that bears its name after a `_`; such oneofs come after all others. */
function markOptionalFields(message: DescriptorProto): void {
  const members = message.oneofDecl.map((oneof, index) => ({
    oneof,
    fields: message.field.filter((field) => isFieldSet(field, ONEOF_INDEX) && field.oneofIndex === index),
  }))
  const isSynthetic = ({ oneof, fields }: (typeof members)[number]) =>
    fields.length === 1 && oneof.name === `_${fields[0]?.name}`
  const ordered = [...members.filter((member) => !isSynthetic(member)), ...members.filter(isSynthetic)]
  for (const [index, member] of ordered.entries()) {
    for (const field of member.fields) {
      field.oneofIndex = index
      if (isSynthetic(member)) field.proto3Optional = true
    }
  }
  message.oneofDecl = ordered.map(({ oneof }) => oneof)
}

function namesOf(file: FileDescriptorProto): string[] {
  return [
    ...file.enumType.map(({ name }) => `${file.package}.${name}`),
    ...file.messageType.flatMap((message) => namesIn(message, file.package)),
  ]
}

function namesIn(message: DescriptorProto, scope: string): string[] {
  const name = `${scope}.${message.name}`
  return [
    name,
    ...message.enumType.map((inner) => `${name}.${inner.name}`),
    ...message.nestedType.flatMap((nested) => namesIn(nested, name)),
  ]
}

function qualifyMessage(message: DescriptorProto, scope: string, names: ReadonlySet<string>): void {
  const name = `${scope}.${message.name}`
  for (const field of message.field) {
    if (field.typeName !== '') field.typeName = qualified(field.typeName, name, names)
  }
  for (const nested of message.nestedType) qualifyMessage(nested, name, names)
}

/** Looks a name up from the innermost scope outwards. */
function qualified(reference: string, scope: string, names: ReadonlySet<string>): string {
  if (reference.startsWith('.')) return reference
  const parts = scope.split('.')
  const found = [...parts.map((_, index) => parts.slice(0, parts.length - index).join('.')), '']
    .map((outer) => (outer === '' ? reference : `${outer}.${reference}`))
    .find((name) => names.has(name))
  if (found === undefined) throw new Error(`${scope} refers to ${reference}, which no file declares`)
  return `.${found}`
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
