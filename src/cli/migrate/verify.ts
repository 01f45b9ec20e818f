import { writeFile } from 'node:fs/promises'
import {
  VerifyMigrationJobRequest,
  VerifyMigrationJobResponse,
} from '../../gen/laurel/v1/migration_job_service.ts'
import { formatJson } from '../../model/exact-json.ts'
import { callDuplex, callUnary } from '../client.ts'
import { Failure } from '../failure.ts'
import { startCountMeter } from '../meter.ts'
import { messageJson } from '../rpc.ts'
import { print } from '../terminal.ts'
import { connectJobs } from './connection.ts'
import { openSources } from './sources/open-sources.ts'
import type { LiveOptions } from './sources/platform-source.ts'

export interface VerifyOptions extends LiveOptions {
  readonly job: string
  readonly report?: string
}

/** @returns whether the stored progress covers all records */
export async function runVerify(
  inputs: readonly string[],
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<boolean> {
  using client = await connectJobs()
  const key = { titleId: options.title, jobId: options.job }
  const { job } = await callUnary(client, client.getMigrationJob, key, signal)
  if (job?.mapping === undefined) throw new Error('a job has a mapping')
  const reports: object[] = []
  let isCovered = true
  await using opened = await openSources(inputs, job.mapping, options, signal)
  for (const source of opened.list) {
    using meter = startCountMeter('record')
    const first = VerifyMigrationJobRequest.fromPartial({ ...key, source: source.name })
    const rest = VerifyMigrationJobRequest.fromPartial({})
    const requests = (async function* () {
      yield first
      for await (const piece of source.open(0, signal, '')) yield { ...rest, content: Buffer.from(piece) }
    })()
    let last: VerifyMigrationJobResponse | undefined
    const differences: VerifyMigrationJobResponse['differences'] = []
    for await (const part of callDuplex(() => client.verifyMigrationJob(), requests, signal)) {
      meter.update(Number(part.recordCount))
      differences.push(...part.differences)
      last = part
    }
    if (last === undefined) throw new Failure(['the response was cut short: verify again'])
    const { recordCount, equalCount, exceededCount, behindCount, missingCount, refusedCount } = last
    print([
      `${source.name}: ${recordCount} records: ${equalCount} equal, ${exceededCount} exceeded by stored progress, ` +
        `${behindCount} not covered, ${missingCount} missing; ${refusedCount} refused`,
    ])
    isCovered &&= behindCount === 0n && missingCount === 0n
    reports.push({ source: source.name, ...reportJson({ ...last, differences }) })
  }
  if (options.report !== undefined) await writeFile(options.report, `${formatJson(reports as never)}\n`)
  return isCovered
}

function reportJson(response: VerifyMigrationJobResponse): object {
  return messageJson('VerifyMigrationJobResponse', VerifyMigrationJobResponse, response, true) as object
}
