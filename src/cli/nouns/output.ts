import type { DescMessage, DescMethod, Message } from '@bufbuild/protobuf'
import { jsonOf } from '../../grpc/message-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { fitted, print, table } from '../terminal.ts'
import { columnsOf, detailsOf } from './columns.ts'
import { planChangeLines } from './plan-changes.ts'
import { previewLines } from './preview.ts'

export interface OutputOptions {
  readonly json?: true
  /** The maximum number of records; by default a table has 100, and JSON all. */
  readonly limit?: number
}

/** The records in the responses of an RPC. */
export interface Records {
  readonly type: DescMessage
  /** Names in JSON of the fields that lead to them; empty if the response is the record. */
  readonly path: readonly string[]
  readonly isList: boolean
}

type Call = (pageToken: string) => Promise<Message>

const TABLE_LIMIT = 100

/** The responses with a form of their own for people. */
const FORMS: Readonly<Record<string, typeof previewLines>> = {
  DialectPreview: previewLines,
  PlanChange: planChangeLines,
}

/** Finds the records: at the path; else the first field if it is a list, or the only field; else the response itself. */
export function recordsOf({ output }: DescMethod, path: string | undefined): Records {
  const [first, second] = output.fields
  if (path === undefined && first?.message !== undefined && (first.fieldKind === 'list' || !second)) {
    return { type: first.message, path: [first.jsonName], isList: first.fieldKind === 'list' }
  }
  let records: Records = { type: output, path: [], isList: false }
  for (const name of path?.split('.') ?? []) {
    const field = records.type.fields.find((field) => field.name === name)
    if (field?.message === undefined) throw new Error(`${output.name} has no records at ${path}`)
    records = {
      type: field.message,
      path: [...records.path, field.jsonName],
      isList: field.fieldKind === 'list',
    }
  }
  return records
}

/** Calls an RPC and prints the record of its response. */
export async function printRecord(
  call: Call,
  { output }: DescMethod,
  { type, path }: Records,
  { json }: OutputOptions,
): Promise<void> {
  const record = valueAt(jsonOf(output, await call(''), json === undefined), path)
  if (!isJsonObject(record)) return
  if (json) print([JSON.stringify(record, null, 2)])
  else if (type.fields.length > 0) print(table(['field', 'value'], detailsOf(type, record)))
}

/** Calls an RPC for each page up to the limit, and prints the records of the responses. */
export async function printList(
  call: Call,
  { output }: DescMethod,
  { type, path }: Records,
  { json, limit = json ? Number.POSITIVE_INFINITY : TABLE_LIMIT }: OutputOptions,
): Promise<void> {
  const shown: JsonObject[] = []
  let [count, token, isCut] = [0, '', false]
  let response: JsonObject
  do {
    response = jsonOf(output, await call(token), json === undefined)
    const value = valueAt(response, path)
    const page = Array.isArray(value) ? value.filter(isJsonObject) : []
    const taken = page.slice(0, limit - count)
    count += taken.length
    if (json) print(taken.map((record) => JSON.stringify(record)))
    else shown.push(...taken)
    token = String(response['nextPageToken'] ?? '')
    isCut = count >= limit && (token !== '' || taken.length < page.length)
  } while (token !== '' && count < limit)
  if (json) return
  const { headings, rows } = columnsOf(type, shown)
  print(fitted(FORMS[type.name]?.(type, shown) ?? table(headings, rows), process.stdout.columns))
  const totals = output.fields.filter(
    ({ fieldKind, name }) => fieldKind === 'scalar' && name !== 'next_page_token',
  )
  print(totals.map(({ name, jsonName }) => `${name.replaceAll('_', ' ')}: ${response[jsonName]}`))
  if (isCut) print([`the first ${count}: --limit lists more`])
}

function valueAt(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (inner, name) => (isJsonObject(inner) ? inner[name] : undefined),
    value,
  )
}
