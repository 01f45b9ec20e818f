import type { DescEnum, DescField, DescFile, DescMessage, DescMethod, DescService } from '@bufbuild/protobuf'

type Described = DescMessage | DescField | DescEnum | DescEnum['values'][number] | DescService | DescMethod

/** The numbers of the fields of descriptor.proto that lead from a file to its parts. */
const PART = {
  message: 4,
  enum: 5,
  service: 6,
  field: 2,
  nestedMessage: 3,
  nestedEnum: 4,
  value: 2,
  method: 2,
}

const cached = new WeakMap<DescFile, ReadonlyMap<string, string>>()

/** Returns the comment before a part of the contract; empty without one. */
export function commentOf(part: Described): string {
  const { file } = 'parent' in part && part.kind !== 'message' && part.kind !== 'enum' ? part.parent : part
  let comments = cached.get(file)
  if (comments === undefined) {
    const { location = [] } = file.proto.sourceCodeInfo ?? {}
    comments = new Map(location.map(({ path, leadingComments }) => [path.join(), leadingComments]))
    cached.set(file, comments)
  }
  return (comments.get(pathOf(part).join()) ?? '').replaceAll(/^ /gm, '').trim()
}

function pathOf(part: Described): number[] {
  switch (part.kind) {
    case 'message':
      return part.parent === undefined
        ? [PART.message, part.file.proto.messageType.indexOf(part.proto)]
        : [...pathOf(part.parent), PART.nestedMessage, part.parent.proto.nestedType.indexOf(part.proto)]
    case 'enum':
      return part.parent === undefined
        ? [PART.enum, part.file.proto.enumType.indexOf(part.proto)]
        : [...pathOf(part.parent), PART.nestedEnum, part.parent.proto.enumType.indexOf(part.proto)]
    case 'service':
      return [PART.service, part.file.proto.service.indexOf(part.proto)]
    case 'field':
      return [...pathOf(part.parent), PART.field, part.parent.proto.field.indexOf(part.proto)]
    case 'enum_value':
      return [...pathOf(part.parent), PART.value, part.parent.proto.value.indexOf(part.proto)]
    case 'rpc':
      return [...pathOf(part.parent), PART.method, part.parent.proto.method.indexOf(part.proto)]
  }
}
