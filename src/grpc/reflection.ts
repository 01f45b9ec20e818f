import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { EnumTypeDefinition } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import { descriptors } from './descriptors.ts'
import type { ServiceHost } from './message-bounds.ts'

/** Lets tools such as grpcurl and buf curl ask the server what it speaks. */
export function addReflection(host: ServiceHost): void {
  const fileDescriptorProtos = descriptors().map((file) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, file)),
  )
  // The service reads nothing of a definition but the files that it carries.
  const carrier: EnumTypeDefinition = {
    format: 'Protocol Buffer 3 EnumDescriptorProto',
    type: {},
    fileDescriptorProtos,
  }
  new ReflectionService({ carrier }).addToServer(host)
}
