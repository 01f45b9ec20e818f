import {
  type MigrationJobServiceClient,
  VerifyMigrationJobRequest,
  type VerifyMigrationJobResponse,
} from '../../gen/laurel/v1/migration_job_service.ts'
import { callDuplex } from '../client.ts'
import { Failure } from '../failure.ts'
import { startCountMeter } from '../meter.ts'
import type { MigrationSource } from './sources/source.ts'

/**
 * Compares a source with the stored progress. `onPart` gets the differences of each part.
 * @returns the last response
 * @throws Failure if the response ends early
 */
export async function verifySource(
  client: MigrationJobServiceClient,
  request: Partial<VerifyMigrationJobRequest>,
  source: MigrationSource,
  onPart: (differences: VerifyMigrationJobResponse['differences']) => void,
  signal: AbortSignal,
): Promise<VerifyMigrationJobResponse> {
  using meter = startCountMeter('record')
  const first = VerifyMigrationJobRequest.fromPartial({ ...request, source: source.name })
  const rest = VerifyMigrationJobRequest.fromPartial({})
  const requests = (async function* () {
    yield first
    for await (const piece of source.open(0, signal, '')) yield { ...rest, content: Buffer.from(piece) }
  })()
  let last: VerifyMigrationJobResponse | undefined
  for await (const part of callDuplex(() => client.verifyMigrationJob(), requests, signal)) {
    meter.update(Number(part.recordCount))
    onPart(part.differences)
    last = part
  }
  if (last === undefined) throw new Failure(['the response was cut short: run the command again'])
  return last
}
