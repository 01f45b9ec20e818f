import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'

let cached: readonly FileDescriptorProto[] | undefined

/** Returns the descriptors of every message and service of the server, which `npm run gen` compiles. */
export function descriptors(): readonly FileDescriptorProto[] {
  const path = join(import.meta.dirname, '../gen/descriptors.binpb')
  cached ??= fromBinary(FileDescriptorSetSchema, readFileSync(path)).file
  return cached
}
