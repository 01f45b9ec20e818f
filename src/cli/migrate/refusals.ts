import {
  MigrationFormat,
  type MigrationMapping,
  type MigrationRefusal,
} from '../../gen/laurel/v1/migration_job.ts'
import type { MigrationJobServiceClient } from '../../gen/laurel/v1/migration_job_service.ts'
import { callUnary } from '../client.ts'
import { openOutput } from '../document.ts'
import { connectJobs, type JobKey } from './connection.ts'

export interface RefusalOptions {
  readonly out?: string
}

const PAGE_SIZE = 1000
/** The member, or the column, that has the reason. Readers ignore it. */
const REASON = 'laurel_reason'

export async function runRefusals(
  key: JobKey,
  { out }: RefusalOptions,
  signal: AbortSignal,
): Promise<boolean> {
  using client = await connectJobs()
  const { job } = await callUnary(client, client.getMigrationJob, key, signal)
  await writeRefusals(client, key, job?.mapping, out, signal)
  return true
}

/** Writes the refused records in the format of their input, so that they can be corrected and fed again. */
export async function writeRefusals(
  client: MigrationJobServiceClient,
  key: JobKey,
  mapping: MigrationMapping | undefined,
  out: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  await using output = await openOutput(out)
  const { sources = [] } = (await callUnary(client, client.getMigrationJob, key, signal)).job ?? {}
  const header = sources.find(({ header: text }) => text !== '')?.header ?? ''
  const format = formatOf(mapping?.format, header)
  if (format.header !== undefined) await output.write(Buffer.from(`${format.header}\n`))
  for (let pageToken = ''; ; ) {
    const request = { ...key, pageSize: PAGE_SIZE, pageToken }
    const page = await callUnary(client, client.listMigrationRefusals, request, signal)
    const lines = page.refusals.map((refusal) => `${format.line(refusal)}\n`)
    if (lines.length > 0) await output.write(Buffer.from(lines.join('')))
    pageToken = page.nextPageToken
    if (pageToken === '') break
  }
  await output.finish()
}

interface Format {
  readonly header: string | undefined
  readonly line: (refusal: MigrationRefusal) => string
}

function formatOf(format: MigrationFormat | undefined, header: string): Format {
  if (format === MigrationFormat.CSV || format === MigrationFormat.TSV) {
    const [names = ''] = header.split('\n', 1)
    const isComma = names.replace(/"[^"]*"/g, '').includes(',')
    const delimiter = format === MigrationFormat.TSV ? '\t' : isComma || !names.includes(';') ? ',' : ';'
    return {
      header: `${header}${delimiter}${REASON}`,
      line: ({ text, reason }) => `${text}${delimiter}${quoted(reason)}`,
    }
  }
  return { header: undefined, line: ({ text, reason }) => withReason(text, reason) }
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

/** Adds a member to the text of an object, whose other members stay as they are. A text that is no object becomes a member of one. */
function withReason(text: string, reason: string): string {
  const trimmed = text.trim()
  const member = `"${REASON}":${JSON.stringify(reason)}`
  if (!isObject(trimmed)) return `{${member},"laurel_text":${JSON.stringify(text)}}`
  const inner = trimmed.slice(1, -1).trim()
  return `{${member}${inner === '' ? '' : `,${inner}`}}`
}

function isObject(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && !Array.isArray(json)
  } catch {
    return false
  }
}
