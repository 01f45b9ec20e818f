import { readFile } from 'node:fs/promises'
import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

/** The part of Swagger 2.0 that the documents of AccelByte's services use. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly string[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly 'x-nullable'?: boolean
}

export interface Parameter extends Omit<Schema, 'required'> {
  readonly in: 'path' | 'query' | 'body' | 'formData' | 'header'
  readonly name: string
  readonly required?: boolean
  readonly schema?: Schema
}

export interface Operation {
  readonly operationId: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly responses: Readonly<Record<string, { readonly schema?: Schema }>>
}

export interface ApiDocument {
  readonly operations: readonly Operation[]
  /** Returns the schema of a reference. */
  resolve(schema: Schema): Schema
  /** Problems of a response by the schema of its status, or by the schema of failures if the status has none. */
  problemsOf(operation: Operation, status: number, text: string): readonly string[]
}

interface Swagger {
  readonly basePath?: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Operation, 'method' | 'path'>>>>>
  readonly definitions: Readonly<Record<string, Schema>>
}

/** `failure` is the definition of every error response. */
export async function readApiDocument(file: string, failure: string): Promise<ApiDocument> {
  const swagger: Swagger = JSON.parse(await readFile(file, 'utf8'))
  const ajv = createValidator(swagger.definitions)
  const validators = new Map<Schema, ValidateFunction>()

  function validatorOf(schema: Schema): ValidateFunction {
    const validate = validators.get(schema) ?? ajv.compile(asJsonSchema(schema))
    validators.set(schema, validate)
    return validate
  }

  const operations = Object.entries(swagger.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      parameters: operation.parameters ?? [],
      method: method.toUpperCase(),
      path: (swagger.basePath ?? '') + path,
    })),
  )
  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined
      ? schema
      : resolve(swagger.definitions[schema.$ref.replace('#/definitions/', '')] ?? {})

  return {
    operations,
    resolve,
    problemsOf({ responses }, status, text) {
      const documented = responses[status]
      if (documented === undefined && status < 400) return [`${status} is no status of its`]
      const schema = documented?.schema ?? (status < 400 ? undefined : { $ref: `#/definitions/${failure}` })
      if (schema === undefined) return text === '' ? [] : [`${status} has a body: ${text.slice(0, 200)}`]
      if (schema.type === 'file') return text === '' ? [`${status} has no body`] : []
      return problemsIn(validatorOf(schema), text).map((problem) => `${status} ${problem}`)
    },
  }
}

/** Reads the schema in a file, and returns a function that lists the problems of a text by it. */
export async function readSchema(file: string): Promise<(text: string) => readonly string[]> {
  const { definitions = {}, ...schema }: Schema & Partial<Swagger> = JSON.parse(await readFile(file, 'utf8'))
  const validate = createValidator(definitions).compile(asJsonSchema(schema))
  return (text) => problemsIn(validate, text)
}

function createValidator(definitions: Swagger['definitions']): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema({ $id: 'document', definitions: mapValues(definitions, asJsonSchema) })
  return ajv
}

function problemsIn(validate: ValidateFunction, text: string): readonly string[] {
  if (validate(parse(text))) return []
  const errors = validate.errors ?? []
  return errors.map(({ instancePath, message }) => `${instancePath} ${message}: ${text.slice(0, 200)}`)
}

/** Swagger 2 has `x-nullable` instead of a null type, and may omit `type: object`. */
function asJsonSchema(schema: Schema): object {
  const { properties, items, additionalProperties, $ref, ...others } = schema
  const type = schema.type ?? (properties === undefined ? undefined : 'object')
  return {
    ...others,
    ...(type === undefined ? {} : { type: schema['x-nullable'] === true ? [type, 'null'] : type }),
    ...($ref === undefined ? {} : { $ref: $ref.replace('#/definitions/', 'document#/definitions/') }),
    ...(properties === undefined ? {} : { properties: mapValues(properties, asJsonSchema) }),
    ...(items === undefined ? {} : { items: asJsonSchema(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: asJsonSchema(additionalProperties) }
      : {}),
  }
}

function mapValues(object: Readonly<Record<string, Schema>>, write: (schema: Schema) => object): object {
  return Object.fromEntries(Object.entries(object).map(([name, schema]) => [name, write(schema)]))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
