import { TICKS_PER_SECOND } from '../../model/instant.ts'
import type { MigrationJob } from '../../model/migration-job.ts'
import type { Services } from '../services.ts'
import type { InputBatch, InputStart } from './input-record.ts'
import type { MappingContext } from './mapping/compile-mapping.ts'
import { readRecords } from './read-records.ts'

/** Reads the records of a job's input by its mapping. Unlock times after now are refused. */
export function readJobRecords(
  services: Parts,
  { mapping }: Pick<MigrationJob, 'mapping'>,
  content: AsyncIterable<Uint8Array>,
  from: InputStart,
): AsyncGenerator<InputBatch> {
  return readRecords(mapping, mappingContextOf(services), content, from)
}

type Parts = Pick<Services, 'dialects' | 'now' | 'settings'>

export function mappingContextOf({ dialects, now, settings }: Parts): MappingContext {
  const latest = now() + BigInt(settings.timeBounds.maxClockSkewSeconds) * TICKS_PER_SECOND
  return { dialects, latest }
}
