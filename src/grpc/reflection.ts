import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Server } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'

const PROTO = join(import.meta.dirname, '../../proto')
const GOOGLE = dirname(fileURLToPath(import.meta.resolve('google-proto-files/package.json')))

/** The services' own files, and the details that errors carry. */
const FILES = [
  'laurel/v1/achievement_service.proto',
  'laurel/v1/error_reason.proto',
  'laurel/v1/exchange_service.proto',
  'laurel/v1/player_service.proto',
  'laurel/v1/progress_service.proto',
  'laurel/v1/stat_service.proto',
  'laurel/v1/title_service.proto',
  'google/rpc/error_details.proto',
]

/** Lets tools such as grpcurl ask the server what it speaks. */
export function addReflection(server: Server): void {
  const definition = loadSync(FILES, {
    includeDirs: [PROTO, GOOGLE],
    keepCase: true,
    longs: String,
    enums: String,
  })
  new ReflectionService(definition).addToServer(server)
}
