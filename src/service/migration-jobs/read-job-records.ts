import type { MigrationJob } from '../../model/migration-job.ts'
import { latestTime } from '../exchange/past-times.ts'
import type { Services } from '../services.ts'
import type { InputBatch, InputStart } from './input-record.ts'
import type { MappingContext } from './mapping/compile-mapping.ts'
import { readRecords } from './read-records.ts'

/** Reads the records of a job's input by its mapping. */
export function readJobRecords(
  services: Parts,
  { mapping }: Pick<MigrationJob, 'mapping'>,
  content: AsyncIterable<Uint8Array>,
  from: InputStart,
): AsyncGenerator<InputBatch> {
  return readRecords(mapping, mappingContextOf(services), content, from)
}

type Parts = Pick<Services, 'dialects' | 'now' | 'settings'>

export function mappingContextOf(services: Parts): MappingContext {
  return { dialects: services.dialects, latest: latestTime(services) }
}
