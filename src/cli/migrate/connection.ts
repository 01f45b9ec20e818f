import { readFile } from 'node:fs/promises'
import { fromJsonString, toBinary } from '@bufbuild/protobuf'
import { readProcessClientConfig } from '../../config.ts'
import { type MigrationJob, MigrationMapping } from '../../gen/laurel/v1/migration_job.ts'
import { MigrationJobServiceClient } from '../../gen/laurel/v1/migration_job_service.ts'
import { checkJsonMessage } from '../../grpc/connect/json-message.ts'
import { descriptorRegistry } from '../../grpc/descriptors.ts'
import { messageNamed } from '../../grpc/message-json.ts'
import { callUnary, connect } from '../client.ts'
import { explain, Failure } from '../failure.ts'

export interface JobKey {
  readonly titleId: string
  readonly jobId: string
}

export function connectJobs() {
  return connect(MigrationJobServiceClient, readProcessClientConfig())
}

/** @param source the name of the only input to return; by default the first 1000 are returned */
export async function getJob(
  client: MigrationJobServiceClient,
  key: JobKey,
  signal: AbortSignal,
  source = '',
): Promise<MigrationJob> {
  const { job } = await callUnary(client, client.getMigrationJob, { ...key, source }, signal)
  if (job === undefined) throw new Error('the response has no job')
  return job
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
