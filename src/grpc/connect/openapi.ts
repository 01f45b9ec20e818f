import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { Code } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import type { JsonObject } from '../../model/json.ts'
import { commentOf } from '../comments.ts'
import { descriptorRegistry } from '../descriptors.ts'
import { Schemas } from './openapi-schemas.ts'
import { CONTENT, isUpload, uploadPath } from './upload.ts'

const PACKAGE = 'laurel.v1.'

const INTRODUCTION = `Achievements of every platform in one backend. Each RPC of [the contract](https://connectrpc.com/docs/protocol) is a path here.

Send \`POST\` with \`content-type: application/json\`. Members are named in lower camel case; the names of the protos are accepted too,
and an unknown one is refused. Defaults are left out of responses. A 64-bit integer is a string. An error has a \`code\`, a
\`message\` and \`details\`, whose \`debug\` member is readable: the reason, the fields at fault, and when to try again.`

let cached: JsonObject | undefined

/** Returns the OpenAPI document of the RPCs that are served over HTTP, with the comments of the protos. */
export function openApiDocument(): JsonObject {
  cached ??= createDocument()
  return cached
}

function createDocument(): JsonObject {
  const schemas = new Schemas()
  const services = [...descriptorRegistry()].filter(
    (type): type is DescService => type.kind === 'service' && type.typeName.startsWith(PACKAGE),
  )
  const methods = services.flatMap((service) => service.methods)
  const paths = methods.flatMap((method) => pathsOf(method, schemas))
  return {
    openapi: '3.1.1',
    info: { title: 'Laurel', version: 'v1', description: INTRODUCTION },
    servers: [{ url: '/' }],
    tags: services.map((service) => ({ name: service.name, description: commentOf(service) })),
    security: [{}, { credential: [] }],
    paths: Object.fromEntries(paths),
    components: {
      schemas: { ...schemas.all, Error: ERROR },
      parameters: PARAMETERS,
      responses: {
        Error: {
          description: 'The call failed.',
          content: { 'application/json': { schema: refTo('Error') } },
        },
      },
      securitySchemes: {
        credential: {
          type: 'http',
          scheme: 'bearer',
          description: 'Required if the server has an auth file.',
        },
      },
    },
  }
}

function pathsOf(method: DescMethod, schemas: Schemas): [path: string, item: JsonObject][] {
  const path = `/${method.parent.typeName}/${method.name}`
  switch (method.methodKind) {
    case 'unary': {
      const isSafe = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS
      return [[path, { post: postOf(method, schemas), ...(isSafe && { get: getOf(method, schemas) }) }]]
    }
    case 'server_streaming':
      return [[path, { post: streamOf(method, schemas) }]]
    default:
      return isUpload(method) ? [[uploadPath(method), { post: uploadOf(method, schemas) }]] : []
  }
}

function postOf(method: DescMethod, schemas: Schemas): JsonObject {
  const content = { 'application/json': { schema: schemas.refTo(method.input) } }
  return operationOf(method, '', {
    parameters: CALL_PARAMETERS,
    requestBody: { required: true, content },
    responses: responsesOf('application/json', schemas.refTo(method.output)),
  })
}

function getOf(method: DescMethod, schemas: Schemas): JsonObject {
  const content = { 'application/json': { schema: schemas.refTo(method.input) } }
  const message = { name: 'message', in: 'query', required: true, content }
  const encoding = { name: 'encoding', in: 'query', required: true, schema: { const: 'json' } }
  return operationOf(method, '_get', {
    parameters: [message, encoding, ...CALL_PARAMETERS],
    responses: responsesOf('application/json', schemas.refTo(method.output)),
  })
}

function streamOf(method: DescMethod, schemas: Schemas): JsonObject {
  const type = 'application/connect+json'
  const operation = operationOf(method, '', {
    parameters: CALL_PARAMETERS,
    requestBody: { required: true, content: { [type]: { schema: schemas.refTo(method.input) } } },
    responses: responsesOf(type, schemas.refTo(method.output)),
  })
  const note =
    'The request, and each response, is in an envelope: a byte of flags (0), its length in 4 bytes, and the JSON. The last envelope has ' +
    'the flag 2, and the `error` if there is one.'
  return { ...operation, description: `${operation['description']}\n\n${note}` }
}

function uploadOf(method: DescMethod, schemas: Schemas): JsonObject {
  const options = method.input.fields.filter(({ name }) => name !== CONTENT)
  const parameters = options.map((field) => {
    const { description = '', ...schema } = schemas.ofField(field)
    const isMap = field.fieldKind === 'map'
    const value = isMap ? { content: { 'application/json': { schema } } } : { schema }
    return { name: field.name, in: 'query', description, ...value }
  })
  return operationOf(method, '', {
    parameters: [...parameters, ...CALL_PARAMETERS],
    requestBody: {
      required: true,
      description: 'The document.',
      content: { 'application/octet-stream': {} },
    },
    responses: responsesOf('application/x-ndjson', schemas.refTo(method.output)),
  })
}

function operationOf(method: DescMethod, suffix: string, parts: JsonObject): JsonObject {
  const comment = commentOf(method)
  return {
    operationId: `${method.parent.name}_${method.name}${suffix}`,
    tags: [method.parent.name],
    summary: method.name,
    description: comment,
    ...parts,
  }
}

function responsesOf(type: string, schema: JsonObject): JsonObject {
  return {
    '200': { description: 'The call succeeded.', content: { [type]: { schema } } },
    default: { $ref: '#/components/responses/Error' },
  }
}

function refTo(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` }
}

const PARAMETERS: JsonObject = {
  timeout: {
    name: 'Connect-Timeout-Ms',
    in: 'header',
    description: 'The deadline of the call, in milliseconds.',
    schema: { type: 'integer', minimum: 0 },
  },
  actor: {
    name: 'Laurel-Actor',
    in: 'header',
    description: 'On whose behalf a service or an operator acts; stored with each change.',
    schema: { type: 'string', minLength: 1, maxLength: 128 },
  },
}

const CALL_PARAMETERS = Object.keys(PARAMETERS).map((name) => ({ $ref: `#/components/parameters/${name}` }))

const CODES = Object.values(Code).filter((code) => typeof code === 'number')

const ERROR: JsonObject = {
  type: 'object',
  required: ['code'],
  properties: {
    code: { type: 'string', enum: CODES.map(codeToString) },
    message: { type: 'string', description: 'The problem and the remedy.' },
    details: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'value'],
        properties: {
          type: {
            type: 'string',
            examples: ['google.rpc.ErrorInfo', 'google.rpc.BadRequest', 'google.rpc.RetryInfo'],
          },
          value: {
            type: 'string',
            contentEncoding: 'base64',
            description: 'The message of this type, encoded.',
          },
          debug: { type: 'object', description: 'The same message in JSON.' },
        },
      },
    },
  },
}
