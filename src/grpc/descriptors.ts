import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { protoPath } from 'grpc-health-check'
import { readDescriptors } from './descriptor-files.ts'

const PROTO = join(import.meta.dirname, '../../proto')
const GOOGLE = dirname(fileURLToPath(import.meta.resolve('google-proto-files/package.json')))
const HEALTH = 'grpc/health/v1/health.proto'

/** The services' own files, and the details that errors carry. */
const FILES = [
  'laurel/v1/achievement_service.proto',
  'laurel/v1/destination_service.proto',
  'laurel/v1/error_reason.proto',
  'laurel/v1/exchange_service.proto',
  'laurel/v1/player_service.proto',
  'laurel/v1/progress_service.proto',
  'laurel/v1/stat_service.proto',
  'laurel/v1/title_service.proto',
  'google/rpc/error_details.proto',
  HEALTH,
]

let known: readonly FileDescriptorProto[] | undefined

/** Returns the descriptors of everything that the server speaks, read from the .proto files once. */
export function descriptors(): readonly FileDescriptorProto[] {
  known ??= readDescriptors(FILES, locate, [PROTO, GOOGLE])
  return known
}

function locate(name: string): string {
  if (name === HEALTH) return protoPath
  const path = [PROTO, GOOGLE].map((folder) => join(folder, name)).find((candidate) => existsSync(candidate))
  if (path === undefined) throw new Error(`${name} is in none of the folders of .proto files`)
  return path
}
