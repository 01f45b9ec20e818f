import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { Server } from '@grpc/grpc-js'
import type { EnumTypeDefinition } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import { protoPath } from 'grpc-health-check'
import { readDescriptors } from './descriptor-files.ts'

const PROTO = join(import.meta.dirname, '../../proto')
const GOOGLE = dirname(fileURLToPath(import.meta.resolve('google-proto-files/package.json')))
const HEALTH = 'grpc/health/v1/health.proto'

/** The services' own files, and the details that errors carry. */
const FILES = [
  'laurel/v1/achievement_service.proto',
  'laurel/v1/bridge_service.proto',
  'laurel/v1/error_reason.proto',
  'laurel/v1/exchange_service.proto',
  'laurel/v1/player_service.proto',
  'laurel/v1/progress_service.proto',
  'laurel/v1/stat_service.proto',
  'laurel/v1/title_service.proto',
  'google/rpc/error_details.proto',
  HEALTH,
]

/** Lets tools such as grpcurl and buf curl ask the server what it speaks. */
export function addReflection(server: Server): void {
  const files = readDescriptors(FILES, locate, [PROTO, GOOGLE])
  const fileDescriptorProtos = files.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file)))
  // The service reads nothing of a definition but the files that it carries.
  const carrier: EnumTypeDefinition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto',
    type: {},
    fileDescriptorProtos,
  }
  new ReflectionService({ carrier }).addToServer(server)
}

function locate(name: string): string {
  if (name === HEALTH) return protoPath
  const path = [PROTO, GOOGLE].map((folder) => join(folder, name)).find((candidate) => existsSync(candidate))
  if (path === undefined) throw new Error(`${name} is in none of the folders of .proto files`)
  return path
}
