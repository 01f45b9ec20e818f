import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'

/** A longer document is not sent once for each dialect: the reader chooses. */
const MAX_BYTES = 8 * 2 ** 20

/**
 * Returns the dialects that a document can be read in: those in which at least one entry of it is valid. Usually one; none for a document
 * that is too long to try, or of no dialect.
 */
export async function recognise(
  titleId: string,
  document: Blob,
  dialects: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (document.size > MAX_BYTES) return []
  const readable = await Promise.all(
    dialects.map((dialect) => isReadable(titleId, document, dialect, signal)),
  )
  return dialects.filter((_, index) => readable[index])
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
