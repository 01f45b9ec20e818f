import { readFile } from 'node:fs/promises'
import { fromJsonString, toBinary } from '@bufbuild/protobuf'
import { readProcessClientConfig } from '../../config.ts'
import { MigrationMapping } from '../../gen/laurel/v1/migration_job.ts'
import { MigrationJobServiceClient } from '../../gen/laurel/v1/migration_job_service.ts'
import { checkJsonMessage } from '../../grpc/connect/json-message.ts'
import { descriptorRegistry } from '../../grpc/descriptors.ts'
import { messageNamed } from '../../grpc/message-json.ts'
import { connect } from '../client.ts'
import { explain, Failure } from '../failure.ts'

export interface JobKey {
  readonly titleId: string
  readonly jobId: string
}

export function connectJobs() {
  return connect(MigrationJobServiceClient, readProcessClientConfig())
}

/** Reads a mapping: a MigrationMapping in protobuf's JSON. @throws Failure with the paths of all members that are not valid */
export async function readMappingFile(file: string): Promise<MigrationMapping> {
  const json = await readFile(file).catch((error: Error) => {
    throw new Failure([`cannot read the mapping ${file}: ${error.message}`], error)
  })
  const registry = descriptorRegistry()
  const type = messageNamed('MigrationMapping')
  try {
    checkJsonMessage(type, json)
    return MigrationMapping.decode(toBinary(type, fromJsonString(type, json.toString(), { registry })))
  } catch (error) {
    throw new Failure(
      [`the mapping ${file} is not valid:`, ...explain(error).map((line) => `  ${line}`)],
      error,
    )
  }
}
