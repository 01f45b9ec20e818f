import { writeFile } from 'node:fs/promises'
import { MigrationMapping } from '../../gen/laurel/v1/migration_job.ts'
import { PlanMigrationJobResponse } from '../../gen/laurel/v1/migration_job_service.ts'
import { messageJson } from '../../grpc/message-json.ts'
import { callUnary } from '../client.ts'
import { Failure } from '../failure.ts'
import { listing, print } from '../terminal.ts'
import { connectJobs, readMappingFile } from './connection.ts'
import { openSources } from './sources/open-sources.ts'
import { type LiveOptions, liveInputOf, liveMappingOf } from './sources/platform-source.ts'

export interface PlanOptions extends LiveOptions {
  readonly mapping?: string
  readonly writeMapping?: string
  readonly json?: true
}

/** A message has at most 4 MiB. */
const SAMPLE_BYTES = 2 * 2 ** 20
const MAX_CELL = 40

/** @returns whether no record of the beginning would be refused */
export async function runPlan(input: string, options: PlanOptions, signal: AbortSignal): Promise<boolean> {
  const mapping =
    options.mapping !== undefined
      ? await readMappingFile(options.mapping)
      : liveInputOf(input) && liveMappingOf([input])
  await using opened = await openSources([input], mapping, options, signal)
  const [source] = opened.list
  if (source === undefined) throw new Error('an input has a source')
  const pieces: Uint8Array[] = []
  let [bytes, isWhole] = [0, true]
  for await (const piece of source.open(0, signal, '')) {
    pieces.push(piece)
    bytes += piece.length
    isWhole = bytes < SAMPLE_BYTES
    if (!isWhole) break
  }
  const content = Buffer.concat(pieces).subarray(0, SAMPLE_BYTES)
  if (content.length === 0)
    throw new Failure([`${source.name} is empty: no mapping can be proposed or tried`])
  using client = await connectJobs()
  const totalBytes = BigInt(isWhole ? content.length : (source.size ?? 0))
  const request = { titleId: options.title, source: source.name, content, totalBytes, mapping }
  const plan = await callUnary(client, client.planMigrationJob, request, signal)
  if (options.writeMapping !== undefined && plan.mapping !== undefined)
    await writeFile(options.writeMapping, `${mappingText(plan.mapping)}\n`)
  print(options.json ? [planText(plan)] : lines(plan, options.writeMapping))
  return plan.refusedCount === 0n
}

function lines(plan: PlanMigrationJobResponse, mappingFile: string | undefined): readonly string[] {
  const { estimatedRecordCount, estimatedDuration, estimatedBytes } = plan
  return [
    ...(plan.mapping === undefined || mappingFile !== undefined
      ? []
      : ['mapping:', mappingText(plan.mapping)]),
    ...(mappingFile === undefined
      ? []
      : [`the mapping is in ${mappingFile}: check it, and give it to laurel migrate run`]),
    ...plan.reasons.map((reason) => `  ${reason}`),
    ...listing(
      'first records:',
      ['player', 'achievement', 'state', 'percent', 'unlock time', 'record'],
      plan.records.map(({ player, achievementId, progress, text }) => [
        player,
        achievementId,
        STATES[progress?.state ?? 0] ?? '',
        `${progress?.percent ?? 0} %`,
        progress?.unlockTime === undefined
          ? ''
          : new Date(Number(progress.unlockTime.seconds) * 1000).toISOString(),
        text.slice(0, MAX_CELL),
      ]),
    ),
    ...listing(
      'refused:',
      ['reason', 'record'],
      plan.refusals.map(({ reason, text }) => [reason, text.slice(0, MAX_CELL)]),
    ),
    `of the first ${plan.recordCount} records: ${plan.newCount} new, ${plan.changedCount} changed, ` +
      `${plan.unchangedCount} unchanged, ${plan.skippedCount} of other titles, ${plan.refusedCount} refused`,
    ...(estimatedRecordCount === 0n
      ? []
      : [
          `the whole input: about ${estimatedRecordCount} records, ${Math.ceil(Number(estimatedDuration?.seconds ?? 0n) / 60)} min, ` +
            `and ${Math.ceil(Number(estimatedBytes) / 2 ** 20)} MiB in the database`,
        ]),
  ]
}

const STATES = ['', 'not started', 'in progress', 'unlocked']

function mappingText(mapping: MigrationMapping): string {
  return JSON.stringify(messageJson('MigrationMapping', MigrationMapping, mapping), null, 2)
}

function planText(plan: PlanMigrationJobResponse): string {
  return JSON.stringify(messageJson('PlanMigrationJobResponse', PlanMigrationJobResponse, plan, true))
}
