import type {
  BatchItem,
  BatchItemResult,
  StreamProgressRequest,
  StreamProgressResponse,
} from '../gen/laurel/v1/progress_service.ts'
import { LaurelError } from '../model/errors.ts'
import type { Call } from '../service/call.ts'
import type { Operations } from '../service/operations.ts'
import { checkCount, readItem, writeItemResult } from './batch-record.ts'

/** The maximum number of items that are read and not acknowledged. */
const MAX_ITEMS_IN_FLIGHT = 1000

/** An item in stream order; `result` is set when it is recorded. */
interface PendingItem {
  result: BatchItemResult | undefined
}

/** Records items as they arrive, and returns their results in the order of arrival, as many at a time as are complete. */
export async function* streamProgress(
  operations: Operations,
  messages: AsyncIterable<StreamProgressRequest>,
  call: Call,
): AsyncGenerator<StreamProgressResponse> {
  const pendingItems: PendingItem[] = []
  const [ready, drained] = [new Bell(), new Bell()]
  let end: { readonly error: unknown } | undefined

  async function readAll(): Promise<void> {
    for await (const { items } of messages) {
      checkCount(items.length)
      for (const item of items) {
        const pending: PendingItem = { result: undefined }
        pendingItems.push(pending)
        void record(operations, item, call).then(
          (result) => {
            pending.result = result
            ready.ring()
          },
          (error: unknown) => {
            end = { error }
            ready.ring()
          },
        )
      }
      while (pendingItems.length >= MAX_ITEMS_IN_FLIGHT && end === undefined) await drained.rung()
    }
    end ??= { error: undefined }
  }

  void readAll()
    .catch((error: unknown) => {
      end = { error }
    })
    .finally(() => ready.ring())

  for (;;) {
    const waiting = pendingItems.findIndex(({ result }) => result === undefined)
    const done = pendingItems.splice(0, waiting === -1 ? pendingItems.length : waiting)
    if (done.length > 0) {
      drained.ring()
      yield { results: done.map(({ result }) => result as BatchItemResult) }
    } else if (end !== undefined && (end.error !== undefined || pendingItems.length === 0)) {
      drained.ring()
      if (end.error === undefined) return
      throw end.error
    } else await ready.rung()
  }
}

/** Returns the item's result. Errors other than LaurelError end the stream. */
async function record(operations: Operations, message: BatchItem, call: Call): Promise<BatchItemResult> {
  const item = readItem(message)
  if (item instanceof LaurelError) return writeItemResult(item)
  try {
    return writeItemResult(await operations.recordProgress(item, call))
  } catch (error) {
    if (error instanceof LaurelError) return writeItemResult(error)
    throw error
  }
}

/** A signal between two loops. A ring before the wait is not lost. */
class Bell {
  #sign = Promise.withResolvers<void>()

  ring(): void {
    this.#sign.resolve()
  }

  async rung(): Promise<void> {
    await this.#sign.promise
    this.#sign = Promise.withResolvers()
  }
}
