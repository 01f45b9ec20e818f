import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import type { JsonObject } from '../../model/json.ts'
import { commentOf } from '../comments.ts'

/** The schemas of the messages that a document refers to, by name. */
export class Schemas {
  readonly #found = new Map<string, JsonObject>()

  get all(): JsonObject {
    return Object.fromEntries([...this.#found].sort(([one], [other]) => (one < other ? -1 : 1)))
  }

  /** Returns a reference to the schema of a message or an enum. */
  refTo(type: DescMessage | DescEnum): JsonObject {
    const { typeName } = type
    if (!this.#found.has(typeName)) {
      this.#found.set(typeName, {})
      this.#found.set(typeName, type.kind === 'enum' ? enumSchema(type) : this.#messageSchema(type))
    }
    return { $ref: `#/components/schemas/${typeName}` }
  }

  /** Returns the schema of a field, with its comment. */
  ofField(field: DescField): JsonObject {
    const description = commentOf(field)
    const schema = this.#valueOf(field)
    return description === '' ? schema : { ...schema, description }
  }

  #messageSchema(type: DescMessage): JsonObject {
    const properties = type.fields.map((field) => [field.jsonName, this.ofField(field)])
    const choices = type.oneofs
      .filter(({ fields }) => fields.length > 1)
      .map(({ fields }) => `At most one of ${fields.map(({ jsonName }) => jsonName).join(', ')} is set.`)
    return {
      type: 'object',
      description: [commentOf(type), ...choices].filter(Boolean).join('\n\n'),
      properties: Object.fromEntries(properties),
    }
  }

  #valueOf(field: DescField): JsonObject {
    if (field.fieldKind === 'list') return { type: 'array', items: this.#elementOf(field) }
    if (field.fieldKind === 'map') return { type: 'object', additionalProperties: this.#elementOf(field) }
    return this.#elementOf(field)
  }

  #elementOf({ message, enum: choices, scalar }: DescField): JsonObject {
    if (message !== undefined) return WELL_KNOWN[message.typeName] ?? this.refTo(message)
    return choices === undefined ? scalarSchema(scalar as ScalarType) : this.refTo(choices)
  }
}

function enumSchema(type: DescEnum): JsonObject {
  const values = type.values.map((value) => `- \`${value.name}\`: ${commentOf(value)}`)
  return {
    type: 'string',
    enum: type.values.map(({ name }) => name),
    description: [commentOf(type), values.join('\n')].filter(Boolean).join('\n\n'),
  }
}

/** Types with a JSON form of their own. */
const WELL_KNOWN: Readonly<Record<string, JsonObject>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?\\d+(\\.\\d{1,9})?s$', examples: ['1.5s'] },
  'google.protobuf.FieldMask': { type: 'string', examples: ['displayName,defaultLocale'] },
  'google.protobuf.Any': {
    type: 'object',
    required: ['@type'],
    properties: { '@type': { type: 'string' } },
  },
}

function scalarSchema(scalar: ScalarType): JsonObject {
  switch (scalar) {
    case ScalarType.STRING:
      return { type: 'string' }
    case ScalarType.BOOL:
      return { type: 'boolean' }
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' }
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: 'number', format: scalar === ScalarType.DOUBLE ? 'double' : 'float' }
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: 'integer', format: 'int32' }
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 }
    default:
      // JSON's numbers are exact up to 2^53 only.
      return { type: 'string', format: 'int64', pattern: '^-?\\d+$' }
  }
}
