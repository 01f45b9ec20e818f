import { DecodeError, describe, readAs, type Schema } from '../../../src/dialect/decode-error.ts'
import { parseJson } from '../../../src/dialect/json-text.ts'
import type { GatewayRequest } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/model/json.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { foldMembers, memberNames, readMembers } from '../members.ts'

/** A schema of an object, such as zod's. */
interface ObjectSchema<Output> extends Schema<Output> {
  readonly shape: object
}

/** A body that is an object: its members are known in any case, as Go knows them, and others are passed over. */
export function readBody<Output>(request: GatewayRequest, schema: ObjectSchema<Output>): Output {
  return readMembers(schema, foldMembers(readObject(request), memberNames(schema)))
}

/** A body that is a list. */
export function readList<Output>(request: GatewayRequest, schema: ObjectSchema<Output>): readonly Output[] {
  const body = readJson(request)
  if (!Array.isArray(body)) throw new DecodeError([], `expected an array, but found ${describe(body)}`)
  const names = memberNames(schema)
  return body.map((item: JsonValue, index) => {
    if (!isJsonObject(item)) return readAs(schema, item, [index])
    return readMembers(schema, foldMembers(item, names), [index])
  })
}

export function readObject(request: GatewayRequest): JsonObject {
  const body = readJson(request)
  if (isJsonObject(body)) return body
  throw new DecodeError([], `expected an object, but found ${describe(body)}`)
}

function readJson({ body }: GatewayRequest): JsonValue {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(body), LIMITS.messageValues)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new LaurelError('invalid_argument', 'DOCUMENT_MALFORMED', 'the body is not UTF-8 text')
  }
}
