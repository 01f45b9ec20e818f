import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import {
  type DescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
} from '@bufbuild/protobuf/wkt'
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BadRequest } from '../src/gen/google/rpc/error_details.ts'
import { Status } from '../src/gen/google/rpc/status.ts'
import { descriptors } from '../src/grpc/descriptors.ts'
import { createGrpcServer } from '../src/grpc/server.ts'
import { LIMITS } from '../src/model/limits.ts'
import { openOperations } from '../src/service/operations.ts'
import { openStore } from '../src/store/store.ts'
import { servicesOn, testWire } from './support/services.ts'

type Field = DescriptorProto['field'][number]

/** A list or a map somewhere in the request of a method. */
interface FieldPath {
  readonly path: string
  readonly isStream: boolean
  readonly fields: readonly Field[]
  /** Of an update: its mask, and the record that it changes. */
  readonly update: { readonly mask: Field; readonly record: Field } | undefined
}

const NOTHING = new Uint8Array()

const messages = new Map<string, DescriptorProto>()
const fieldPaths = readFieldPaths()

const store = openStore({ connectionString: 'postgres://127.0.0.1:1/none', poolSize: 1, onError: () => {} })
const server = createGrpcServer(openOperations(servicesOn(store)), testWire)
let client: Client

beforeAll(async () => {
  client = new Client(await server.listen('127.0.0.1:0'), credentials.createInsecure())
})
afterAll(async () => {
  client.close()
  await server.stop()
  await store.close()
})

test('finds the lists and maps of the contract', () => {
  expect(fieldPaths.length).toBeGreaterThan(30)
})

test.each(fieldPaths.map((fieldPath) => [`${fieldPath.path} ${nameOf(fieldPath)}`, fieldPath] as const))(
  '%s is limited',
  async (_, fieldPath) => {
    const most = /^must be (?:at most|1 to) (\d+), not 10001$/.exec(
      (await violationOf(fieldPath, 10_001)) ?? '',
    )?.[1]
    expect(most).toBeDefined()
    const limit = Number(most)
    expect(await violationOf(fieldPath, limit + 1)).toMatch(/^must be /)
    expect((await violationOf(fieldPath, limit)) ?? '').not.toMatch(new RegExp(`^must be .*, not ${limit}$`))
    expect(await violationOf(fieldPath, 150_000)).toMatch(`hold more than ${LIMITS.messageValues} fields`)
  },
)

/** What the server says of the list or map, given so many elements in it; undefined for nothing. */
async function violationOf(fieldPath: FieldPath, count: number): Promise<string | undefined> {
  const error = await failureOf(fieldPath, requestOf(fieldPath, count))
  if (error === undefined) return undefined
  expect([status.INVALID_ARGUMENT, status.UNAVAILABLE]).toContain(error.code)
  const [trailer] = error.metadata.get('grpc-status-details-bin')
  const { details } = Status.decode(trailer as Buffer)
  const request = details.find(({ typeUrl }) => typeUrl.endsWith('BadRequest'))
  const { fieldViolations } = BadRequest.decode(request?.value ?? new Uint8Array())
  const plain = (field: string) => field.replaceAll(/\[[^\]]*\]|\.paths$/g, '')
  const found = fieldViolations.find(({ field }) => plain(field) === nameOf(fieldPath))
  return found?.description
}

function failureOf({ path, isStream }: FieldPath, request: Uint8Array): Promise<ServiceError | undefined> {
  const same = (bytes: Uint8Array) => Buffer.from(bytes)
  return new Promise((resolve) => {
    if (isStream) {
      const call = client.makeBidiStreamRequest(path, same, same)
      call.on('error', (error) => resolve(error as ServiceError)).resume()
      call.on('end', () => resolve(undefined))
      call.end(request)
    } else {
      client.makeUnaryRequest(path, same, same, request, (error) => resolve(error ?? undefined))
    }
  })
}

/** The request with so many elements at the fieldPath, and in nothing else than leads there. */
function requestOf({ fields, update }: FieldPath, count: number): Uint8Array {
  const writer = new BinaryWriter()
  write(writer, fields, count)
  if (update === undefined) return writer.finish()
  const [first, second] = fields
  if (first === update.mask) writer.tag(update.record.number, WireType.LengthDelimited).fork().join()
  else {
    writer.tag(update.mask.number, WireType.LengthDelimited).fork()
    writer
      .tag(1, WireType.LengthDelimited)
      .string(second?.name ?? '')
      .join()
  }
  return writer.finish()
}

function write(writer: BinaryWriter, [field, ...inner]: readonly Field[], count: number): void {
  if (field === undefined) return
  if (inner.length > 0) {
    writer.tag(field.number, WireType.LengthDelimited).fork()
    // On the way through a map, its entry has a key.
    if (isMap(field)) writer.tag(1, WireType.LengthDelimited).string('key')
    write(writer, inner, count)
    writer.join()
    return
  }
  if (field.type === FieldDescriptorProto_Type.ENUM) {
    writer.tag(field.number, WireType.LengthDelimited).bytes(new Uint8Array(count).fill(1))
    return
  }
  for (let index = 0; index < count; index += 1) {
    writer.tag(field.number, WireType.LengthDelimited)
    if (field.type === FieldDescriptorProto_Type.STRING) writer.string(`e${index}`)
    else if (isMap(field))
      writer
        .fork()
        .tag(1, WireType.LengthDelimited)
        .string(`e${index}`)
        .tag(2, WireType.LengthDelimited)
        .bytes(NOTHING)
        .join()
    else writer.bytes(NOTHING)
  }
}

function nameOf({ fields }: FieldPath): string {
  return fields
    .map(({ name }) => name)
    .filter((name) => !['value', 'paths'].includes(name))
    .join('.')
}

function isMap(field: Field): boolean {
  return messages.get(field.typeName)?.options?.mapEntry === true
}

/** Accounts are linked and unlinked: an update of the player passes them over. */
function isFixed(method: string, [, field]: readonly Field[]): boolean {
  return method === 'UpdatePlayer' && field?.name === 'accounts'
}

function updateIn(fields: readonly Field[]): FieldPath['update'] {
  const mask = fields.find(({ name }) => name === 'update_mask')
  const record = fields.find((field) => field !== mask && field.type === FieldDescriptorProto_Type.MESSAGE)
  return mask && record && { mask, record }
}

function readFieldPaths(): readonly FieldPath[] {
  const collect = (scope: string, message: DescriptorProto) => {
    messages.set(`${scope}.${message.name}`, message)
    for (const nested of message.nestedType) collect(`${scope}.${message.name}`, nested)
  }
  for (const file of descriptors())
    for (const message of file.messageType) collect(`.${file.package}`, message)
  const listsIn = (type: string): readonly (readonly Field[])[] =>
    (messages.get(type)?.field ?? []).flatMap((field) => {
      const deeper = field.type === FieldDescriptorProto_Type.MESSAGE ? listsIn(field.typeName) : []
      const below = deeper.map((path) => [field, ...path])
      return field.label === FieldDescriptorProto_Label.REPEATED ? [[field], ...below] : below
    })
  return descriptors()
    .filter((file) => file.package === 'laurel.v1')
    .flatMap((file) => file.service)
    .flatMap((service) =>
      service.method.flatMap(({ name, inputType, clientStreaming, serverStreaming }) =>
        listsIn(inputType)
          .filter((fields) => !isFixed(name, fields))
          .map((fields) => ({
            path: `/laurel.v1.${service.name}/${name}`,
            isStream: clientStreaming || serverStreaming,
            fields,
            update: updateIn(messages.get(inputType)?.field ?? []),
          })),
      ),
    )
}
