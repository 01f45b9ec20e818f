import { join, parse } from 'node:path'
import {
  MigrationFormat,
  type MigrationMapping,
  type MigrationRefusal,
} from '../../gen/laurel/v1/migration_job.ts'
import type { MigrationJobServiceClient } from '../../gen/laurel/v1/migration_job_service.ts'
import { isJsonObject } from '../../model/json.ts'
import { REASON_MEMBER } from '../../model/migration-job.ts'
import { parseRecord } from '../../service/lines/parse-record.ts'
import { REASON_COLUMN } from '../../service/migration-jobs/formats/identities.ts'
import { callUnary } from '../client.ts'
import { openOutput } from '../document.ts'
import { Failure } from '../failure.ts'
import { print } from '../terminal.ts'
import { connectJobs, getJob, type JobKey } from './connection.ts'

export interface RefusalOptions {
  readonly out?: string
}

const PAGE_SIZE = 1000

export async function runRefusals(
  key: JobKey,
  { out }: RefusalOptions,
  signal: AbortSignal,
): Promise<boolean> {
  using client = await connectJobs()
  await writeRefusals(client, key, out, signal)
  return true
}

/**
 * Writes the refused records in the format of their input, so that they can be corrected and fed again. Of a job of tables, rows below another
 * header than that of the first one, and rows of an identity map, which has none, go to further files: `refused-2.csv` beside `refused.csv`.
 */
export async function writeRefusals(
  client: MigrationJobServiceClient,
  key: JobKey,
  out: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { mapping, sources } = await getJob(client, key, signal)
  checkRefusalsFile(mapping, out)
  const format = mapping?.format ?? MigrationFormat.UNSPECIFIED
  const headers = new Map(sources.map(({ name, header }) => [name, header]))
  const main = (TABLES.has(format) && [...headers.values()].find((header) => header !== '')) || ''
  const headerOf = async (source: string) => {
    if (!TABLES.has(format)) return ''
    const header = headers.get(source) ?? (await getJob(client, key, signal, source)).sources[0]?.header ?? ''
    headers.set(source, header)
    return header
  }
  await using stack = new AsyncDisposableStack()
  const files = new Map<string, RefusalFile>()
  const fileOf = async (header: string): Promise<RefusalFile> => {
    const known = files.get(header)
    if (known !== undefined) return known
    const path = out === undefined || files.size === 0 ? out : numbered(out, files.size + 1)
    const opened = new RefusalFile(path, stack.use(await openOutput(path)), formatOf(format, header))
    files.set(header, opened)
    return opened
  }
  await fileOf(main)
  for (let pageToken = ''; ; ) {
    const request = { ...key, pageSize: PAGE_SIZE, pageToken }
    const page = await callUnary(client, client.listMigrationRefusals, request, signal)
    for (const [source, refusals] of Map.groupBy(page.refusals, (refusal) => refusal.source))
      await (await fileOf(await headerOf(source))).write(refusals)
    pageToken = page.nextPageToken
    if (pageToken === '') break
  }
  for (const file of files.values()) await file.finish()
  const [, ...others] = files.values()
  if (others.length === 0) return
  const names = others.map(({ path }) => path).join(', ')
  const note =
    out === undefined ? 'name a file with --out to have one for each' : `the others are in ${names}`
  print([`refused rows have different headers: ${note}`], process.stderr)
}

/** @throws Failure for a name by which the file would be read as another kind of input */
export function checkRefusalsFile(mapping: MigrationMapping | undefined, out: string | undefined): void {
  if (mapping?.format === MigrationFormat.PLAYER_DOCUMENTS && out?.endsWith('.json'))
    throw new Failure([
      `the file of refusals must not end with .json, and is ${out}: a .json input is read as one player's document, and this one has a line for each refused record`,
    ])
}

const TABLES: ReadonlySet<MigrationFormat> = new Set([MigrationFormat.CSV, MigrationFormat.TSV])

/** Returns the path with a number before its extension. */
function numbered(path: string, number: number): string {
  const { dir, name, ext } = parse(path)
  return join(dir, `${name}-${number}${ext}`)
}

/** The text before, between and after the records, and each of them. */
interface Format {
  readonly start: string
  readonly separator: string
  readonly end: string
  readonly record: (refusal: MigrationRefusal) => string
}

/** Records that end with a line break of their own. */
const LINES = { start: '', separator: '', end: '' }

class RefusalFile {
  readonly path: string | undefined
  readonly #output: Awaited<ReturnType<typeof openOutput>>
  readonly #format: Format
  #count = 0

  constructor(path: string | undefined, output: Awaited<ReturnType<typeof openOutput>>, format: Format) {
    this.path = path
    this.#output = output
    this.#format = format
  }

  async write(refusals: readonly MigrationRefusal[]): Promise<void> {
    const { start, separator, record } = this.#format
    const texts = refusals.map((refusal, index) => {
      const before = this.#count + index === 0 ? start : separator
      return `${before}${record(refusal)}`
    })
    this.#count += texts.length
    await this.#output.write(Buffer.from(texts.join('')))
  }

  async finish(): Promise<void> {
    const { start, end } = this.#format
    const rest = this.#count === 0 ? start + end : end
    if (rest !== '') await this.#output.write(Buffer.from(rest))
    await this.#output.finish()
  }
}

function formatOf(format: MigrationFormat, header: string): Format {
  if (TABLES.has(format) && header === '')
    return { ...LINES, record: ({ text, reason }) => `${text},${quoted(REASON_COLUMN + reason)}\n` }
  if (TABLES.has(format)) {
    const [names = ''] = header.split('\n', 1)
    const isComma = names.replace(/"[^"]*"/g, '').includes(',')
    const delimiter = format === MigrationFormat.TSV ? '\t' : isComma || !names.includes(';') ? ',' : ';'
    return {
      ...LINES,
      start: `${header}${delimiter}${reasonName(header)}\n`,
      record: ({ text, reason }) => `${text}${delimiter}${quoted(reason)}\n`,
    }
  }
  const record = ({ text, reason }: MigrationRefusal) => withReason(text, reason)
  if (format === MigrationFormat.DIALECT_DOCUMENT)
    return { start: '[\n', separator: ',\n', end: '\n]\n', record }
  return { ...LINES, record: (refusal) => `${record(refusal)}\n` }
}

/** Returns a name that the text does not have: the records may be refused for the second time. */
function reasonName(text: string): string {
  let name = REASON_MEMBER
  for (let number = 2; text.includes(name); number += 1) name = `${REASON_MEMBER}_${number}`
  return name
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

/** Adds a member to the text of an object, whose other members stay as they are. A text that is no object becomes a member of one. */
function withReason(text: string, reason: string): string {
  const trimmed = text.trim()
  const member = `"${reasonName(text)}":${JSON.stringify(reason)}`
  if (!isObject(trimmed)) return `{${member},"laurel_text":${JSON.stringify(text)}}`
  const inner = trimmed.slice(1, -1).trim()
  return `{${member}${inner === '' ? '' : `,${inner}`}}`
}

function isObject(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && !Array.isArray(json)
  } catch {
    // Records may have trailing commas, which JSON.parse rejects.
    const parsed = parseRecord(text)
    return 'json' in parsed && isJsonObject(parsed.json)
  }
}
