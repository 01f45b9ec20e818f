import type { BatchItem, BatchItemResult } from '../gen/laurel/v1/progress_service.ts'
import { invalidArgument, LaurelError } from '../model/errors.ts'
import { LIMITS } from '../model/limits.ts'
import type { ProgressResult } from '../model/progress.ts'
import type { Call } from '../service/call.ts'
import type { Operations } from '../service/operations.ts'
import type { RecordProgress } from '../service/progress/writer/contract.ts'
import { readRecordProgress, writeProgressResult } from './convert/progress.ts'
import { parse } from './convert/violations.ts'
import { toRpcStatus } from './status.ts'

/** Records the readable items. An invalid item gets its own error and does not affect the others. */
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
    if (response === undefined) throw new Error('an item of a batch has no response')
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

/** Reads an item. Field paths in its violations are relative to the item. */
export function readItem(message: BatchItem): RecordProgress | LaurelError {
  try {
    return parse((violations) => readRecordProgress(message, violations))
  } catch (error) {
    if (error instanceof LaurelError) return error
    throw error
  }
}
