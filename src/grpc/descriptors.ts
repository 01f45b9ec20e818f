import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf'
import {
  type FileDescriptorProto,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'

let cached: FileDescriptorSet | undefined
let cachedRegistry: FileRegistry | undefined

/** Returns the descriptors of every message and service of the server, which `npm run gen` compiles. */
export function descriptors(): readonly FileDescriptorProto[] {
  return descriptorSet().file
}

/** Returns the types of every message and service of the server, to read and write them without generated code. */
export function descriptorRegistry(): FileRegistry {
  cachedRegistry ??= createFileRegistry(descriptorSet())
  return cachedRegistry
}

function descriptorSet(): FileDescriptorSet {
  const path = join(import.meta.dirname, '../gen/descriptors.binpb')
  cached ??= fromBinary(FileDescriptorSetSchema, readFileSync(path))
  return cached
}
