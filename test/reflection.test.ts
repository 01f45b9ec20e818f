import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { create, createFileRegistry, fromBinary, toJson } from '@bufbuild/protobuf'
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import {
  type Client,
  type ClientDuplexStream,
  credentials,
  loadPackageDefinition,
  Server,
  ServerCredentials,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addReflection } from '../src/grpc/reflection.ts'

const ROOT = join(import.meta.dirname, '..')
const BUF = join(ROOT, 'node_modules/.bin/buf')
const SERVICES = [
  'Achievement',
  'Audit',
  'Caller',
  'Community',
  'Destination',
  'Event',
  'Exchange',
  'Image',
  'MigrationJob',
  'Plan',
  'Player',
  'Progress',
  'Stat',
  'Title',
].map((name) => `laurel.v1.${name}Service`)

const server = new Server()
addReflection(server)
let address: string

beforeAll(async () => {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  address = `127.0.0.1:${port}`
})

afterAll(() => server.forceShutdown())

test.each(['v1', 'v1alpha'])('reflection %s lists the services', async (version) => {
  const [response] = await ask(version, [{ list_services: '*' }])
  const names = response?.list_services_response?.service.map(({ name }) => name)
  expect(names?.sort()).toEqual(['grpc.health.v1.Health', ...SERVICES])
})

test.each(['v1', 'v1alpha'])('the files of reflection %s equal those of the compiler', async (version) => {
  const compiled = compile()
  const files = await served(version)
  expect(files.size).toBeGreaterThan(15)
  for (const [name, file] of files) {
    if (name.startsWith('grpc/')) continue
    expect(plain(file)).toEqual(plain(compiled.get(name)))
  }
})

test('the served files resolve without missing references', async () => {
  const files = await served('v1')
  const sorted = new Set([...files.keys()].flatMap((name) => dependenciesFirst(name, files)))
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...sorted] }))
  const achievement = registry.getMessage('laurel.v1.Achievement')
  expect(achievement?.field['ids']).toMatchObject({ fieldKind: 'map', jsonName: 'ids' })
  expect(achievement?.field['productId']).toMatchObject({ oneof: undefined, jsonName: 'productId' })
  expect(registry.getMessage('laurel.v1.Quantity')?.oneofs.map(({ name }) => name)).toEqual(['value'])
})

test('a tool without a schema lists the methods', async () => {
  const options = ['--protocol', 'grpc', '--http2-prior-knowledge', '--list-methods']
  const { stdout } = await promisify(execFile)(BUF, ['curl', ...options, `http://${address}`])
  expect(stdout.split('\n')).toEqual(
    expect.arrayContaining(['laurel.v1.ProgressService/RecordProgress', 'grpc.health.v1.Health/Check']),
  )
})

/** Every file that a client can come by, starting at the services and the details of errors. */
async function served(version: string): Promise<ReadonlyMap<string, FileDescriptorProto>> {
  const symbols = [...SERVICES, 'grpc.health.v1.Health', 'google.rpc.BadRequest', 'laurel.v1.ErrorReason']
  const responses = await ask(
    version,
    symbols.map((symbol) => ({ file_containing_symbol: symbol })),
  )
  const files = responses
    .flatMap((response) => response.file_descriptor_response?.file_descriptor_proto ?? [])
    .map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
  return new Map(files.map((file) => [file.name, file]))
}

function dependenciesFirst(
  name: string,
  files: ReadonlyMap<string, FileDescriptorProto>,
): FileDescriptorProto[] {
  const file = files.get(name)
  if (file === undefined) throw new Error(`${name} is imported and not served`)
  return [...file.dependency.flatMap((dependency) => dependenciesFirst(dependency, files)), file]
}

function compile(): ReadonlyMap<string, FileDescriptorProto> {
  const options = ['--as-file-descriptor-set', '--output', '-#format=binpb']
  const { file } = fromBinary(
    FileDescriptorSetSchema,
    execFileSync(BUF, ['build', ...options], { cwd: ROOT }),
  )
  return new Map(file.map((found) => [found.name, found]))
}

/** Without the options of the file, which are not served, and without options that say nothing. */
function plain(file: FileDescriptorProto | undefined): unknown {
  if (file === undefined) return undefined
  const json = { ...(toJson(FileDescriptorProtoSchema, file) as object), options: undefined }
  return JSON.parse(JSON.stringify(json), (_, value) =>
    JSON.stringify(value?.options) === '{}' ? { ...value, options: undefined } : value,
  )
}

async function ask(version: string, requests: readonly object[]): Promise<ReflectionResponse[]> {
  const folder = join(ROOT, 'node_modules/@grpc/reflection/build/proto/grpc/reflection', version)
  const definition = loadSync(join(folder, 'reflection.proto'), { keepCase: true, oneofs: true })
  const { grpc } = loadPackageDefinition(definition) as never as ReflectionPackage
  const Reflection = grpc.reflection[version]?.ServerReflection
  if (Reflection === undefined) throw new Error(`there is no reflection ${version}`)
  const client = new Reflection(address, credentials.createInsecure())
  const stream = client.serverReflectionInfo()
  for (const request of requests) stream.write(request)
  stream.end()
  const responses: ReflectionResponse[] = []
  for await (const response of stream) responses.push(response)
  client.close()
  return responses
}

interface ReflectionPackage {
  readonly grpc: { readonly reflection: Readonly<Record<string, { ServerReflection: ReflectionClient }>> }
}

type ReflectionClient = new (
  address: string,
  channel: ReturnType<typeof credentials.createInsecure>,
) => Client & { serverReflectionInfo(): ClientDuplexStream<object, ReflectionResponse> }

interface ReflectionResponse {
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] }
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] }
}
