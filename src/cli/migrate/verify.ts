import { writeFile } from 'node:fs/promises'
import { VerifyMigrationJobResponse } from '../../gen/laurel/v1/migration_job_service.ts'
import { messageJson } from '../../grpc/message-json.ts'
import { print } from '../terminal.ts'
import { connectJobs, getJob } from './connection.ts'
import { openSources } from './sources/open-sources.ts'
import type { LiveOptions } from './sources/platform-source.ts'
import { verifySource } from './verify-source.ts'

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
  const job = await getJob(client, key, signal)
  if (job.mapping === undefined) throw new Error('a job has a mapping')
  const reports: object[] = []
  let isCovered = true
  await using opened = await openSources(inputs, job.mapping, options, signal)
  for (const source of opened.list) {
    const differences: VerifyMigrationJobResponse['differences'] = []
    const last = await verifySource(client, key, source, (part) => void differences.push(...part), signal)
    const { recordCount, equalCount, exceededCount, behindCount, missingCount, refusedCount } = last
    print([
      `${source.name}: ${recordCount} records: ${equalCount} equal, ${exceededCount} exceeded by stored progress, ` +
        `${behindCount} not covered, ${missingCount} missing; ${refusedCount} refused`,
    ])
    isCovered &&= behindCount === 0n && missingCount === 0n
    const whole = { ...last, differences }
    const json = messageJson('VerifyMigrationJobResponse', VerifyMigrationJobResponse, whole, true)
    reports.push({ source: source.name, ...json })
  }
  if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(reports)}\n`)
  return isCovered
}
