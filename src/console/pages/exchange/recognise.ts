import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'

/** A longer document is not read here: the reader chooses. */
const MAX_BYTES = 32 * 2 ** 20
/** A longer document without a list of entries, or that is no JSON here, is not sent once for each dialect. */
const MAX_WHOLE_BYTES = 2 ** 20
const SAMPLE_ENTRIES = 20

export interface Recognised {
  /** Usually one; none for a document that is too long to try, or of no dialect. */
  readonly dialects: readonly string[]
  /** The entries of the document, if it has one list of them; undefined if the number is unknown. */
  readonly entryCount: number | undefined
}

/** Returns the dialects that a document can be read in: those in which at least one of its first entries is valid. */
export async function recognise(
  titleId: string,
  document: Blob,
  dialects: readonly string[],
  signal: AbortSignal,
): Promise<Recognised> {
  const { sample, entryCount } = await sampleOf(document)
  if (sample === undefined) return { dialects: [], entryCount }
  const readable = await Promise.all(dialects.map((dialect) => isReadable(titleId, sample, dialect, signal)))
  return { dialects: dialects.filter((_, index) => readable[index]), entryCount }
}

interface Sample {
  readonly sample: Blob | undefined
  readonly entryCount: number | undefined
}

/** Returns a document with the first of its entries. A document that is no JSON here, as with a trailing comma, is taken whole. */
async function sampleOf(document: Blob): Promise<Sample> {
  if (document.size > MAX_BYTES) return { sample: undefined, entryCount: undefined }
  const whole = document.size > MAX_WHOLE_BYTES ? undefined : document
  try {
    const value: unknown = JSON.parse(await document.text())
    const lists = (Array.isArray(value) ? [value] : Object.values(value ?? {})).filter(Array.isArray)
    const entryCount = lists.length === 1 ? lists[0]?.length : undefined
    if (lists.every(({ length }) => length <= SAMPLE_ENTRIES)) return { sample: whole, entryCount }
    return { sample: new Blob([JSON.stringify(shortened(value))]), entryCount }
  } catch {
    return { sample: whole, entryCount: undefined }
  }
}

function shortened(value: unknown): unknown {
  const first = (list: unknown) => (Array.isArray(list) ? list.slice(0, SAMPLE_ENTRIES) : list)
  if (Array.isArray(value)) return first(value)
  return Object.fromEntries(Object.entries(value ?? {}).map(([name, member]) => [name, first(member)]))
}

async function isReadable(
  titleId: string,
  document: Blob,
  dialect: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const dryRun = api.exchange.importAchievements({ dialect, titleId, dryRun: true }, document, signal)
    for await (const { summary } of dryRun) {
      if (summary !== undefined) return (summary.entryCount ?? 0) > (summary.failedCount ?? 0)
    }
  } catch (error) {
    // The ids of the document were read, and are those of another title.
    return error instanceof ApiError && error.reason === 'BOUND_TO_ANOTHER_TITLE'
  }
  return false
}
