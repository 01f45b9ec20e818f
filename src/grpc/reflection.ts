import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { EnumTypeDefinition } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import { descriptors } from './descriptors.ts'
import type { ServiceHost } from './message-bounds.ts'

/** Serves reflection, for tools such as grpcurl and buf curl. */
export function addReflection(host: ServiceHost): void {
  const fileDescriptorProtos = descriptors().map((file) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, file)),
  )
  // The library reads only the file descriptors of a definition.
  const carrier: EnumTypeDefinition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto',
    type: {},
    fileDescriptorProtos,
  }
  new ReflectionService({ carrier }).addToServer(host)
}
