import type {
  BatchItem,
  BatchItemResult,
  StreamProgressRequest,
  StreamProgressResponse,
} from '../gen/laurel/v1/progress_service.ts'
import { LaurelError } from '../model/errors.ts'
import type { Operations } from '../service/operations.ts'
import type { Call } from '../service/services.ts'
import { checkCount, readItem, writeItemResult } from './batch-record.ts'

/** Items that are read and not answered yet, at most. */
const WINDOW = 1000

/** An item's place in the order, filled when its answer is there. */
interface StreamPosition {
  result: BatchItemResult | undefined
}

/** Records what comes while it comes, and answers in the order in which it came, as many at a time as are ready. */
export async function* streamProgress(
  operations: Operations,
  messages: AsyncIterable<StreamProgressRequest>,
  call: Call,
): AsyncGenerator<StreamProgressResponse> {
  const places: StreamPosition[] = []
  const [ready, room] = [new Bell(), new Bell()]
  let end: { readonly error: unknown } | undefined

  async function readAll(): Promise<void> {
    for await (const { items } of messages) {
      checkCount(items.length)
      for (const item of items) {
        const place: StreamPosition = { result: undefined }
        places.push(place)
        void record(operations, item, call).then(
          (result) => {
            place.result = result
            ready.ring()
          },
          (error: unknown) => {
            end = { error }
            ready.ring()
          },
        )
      }
      while (places.length >= WINDOW && end === undefined) await room.rung()
    }
    end ??= { error: undefined }
  }

  void readAll()
    .catch((error: unknown) => {
      end = { error }
    })
    .finally(() => ready.ring())

  for (;;) {
    const waiting = places.findIndex(({ result }) => result === undefined)
    const done = places.splice(0, waiting === -1 ? places.length : waiting)
    if (done.length > 0) {
      room.ring()
      yield { results: done.map(({ result }) => result as BatchItemResult) }
    } else if (end !== undefined && (end.error !== undefined || places.length === 0)) {
      room.ring()
      if (end.error === undefined) return
      throw end.error
    } else await ready.rung()
  }
}

/** What becomes of an item is its own answer, unless nothing can be recorded any more. */
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

/** Lets one side wait for a sign of the other. A sign that came before is not lost. */
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
