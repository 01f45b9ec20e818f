import type { BatchItem, BatchItemResult } from '../gen/laurel/v1/progress_service.ts'
import { invalidArgument, LaurelError } from '../model/errors.ts'
import { LIMITS } from '../model/limits.ts'
import type { ProgressResult } from '../model/progress.ts'
import type { Operations } from '../service/operations.ts'
import type { RecordProgress } from '../service/progress/writer/contract.ts'
import type { Call } from '../service/services.ts'
import { readRecordProgress, writeProgressResult } from './convert/progress.ts'
import { parse } from './convert/violations.ts'
import { toRpcStatus } from './status.ts'

/** Records what can be read; an item that cannot has its own error, and keeps none of the others out. */
export async function batchRecord(
  operations: Operations,
  messages: readonly BatchItem[],
  call: Call,
): Promise<BatchItemResult[]> {
  checkCount(messages.length)
  const read = messages.map(readItem)
  const items = read.filter((item): item is RecordProgress => !(item instanceof LaurelError))
  const responses = (items.length > 0 ? await operations.batchRecordProgress({ items }, call) : []).values()
  return read.map((item) => {
    const response = item instanceof LaurelError ? item : responses.next().value
    if (response === undefined) throw new Error('an item of a batch has no answer')
    return writeItemResult(response)
  })
}

export function writeItemResult(response: ProgressResult | LaurelError): BatchItemResult {
  return response instanceof LaurelError
    ? { outcome: { $case: 'error', value: toRpcStatus(response) } }
    : { outcome: { $case: 'result', value: writeProgressResult(response) } }
}

export function checkCount(count: number): void {
  if (count >= 1 && count <= LIMITS.batchItems) return
  throw invalidArgument([{ field: 'items', message: `must be 1 to ${LIMITS.batchItems}, not ${count}` }])
}

/** The fields of an item's violations are named from the item: its place is known from its answer's. */
export function readItem(message: BatchItem): RecordProgress | LaurelError {
  try {
    return parse((violations) => readRecordProgress(message, violations))
  } catch (error) {
    if (error instanceof LaurelError) return error
    throw error
  }
}
