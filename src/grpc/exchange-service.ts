import type { ExchangeServiceService } from '../gen/laurel/v1/exchange_service.ts'
import { LaurelError } from '../model/errors.ts'
import { LIMITS } from '../model/limits.ts'
import type { Operations } from '../service/operations.ts'
import { readList } from './convert/collections.ts'
import { writeDialect, writeFinding, writePreview } from './convert/exchange.ts'
import {
  readAchievementsExport,
  readAchievementsImport,
  readLint,
  readPreview,
  readProgressExport,
  readProgressImport,
  readTranslation,
} from './convert/exchange-options.ts'
import { writeDocument, writeImport } from './convert/parts.ts'
import { readId } from './convert/scalars.ts'
import { parse } from './convert/violations.ts'
import { openDocument } from './document-stream.ts'
import { bidiStream, type HandlersOf, serverStream, unary } from './handlers.ts'

/** Bytes of the lines in one response. */
const PIECE_BYTES = 2 ** 20
/** For a response of ExportRecords: an export holds back vacuum, and the exports that wait. */
const WRITE_TIMEOUT_MILLISECONDS = 60_000

export function exchangeService(operations: Operations): HandlersOf<typeof ExchangeServiceService> {
  return {
    listDialects: unary(async (_, call) => ({
      dialects: (await operations.listDialects({}, call)).map(writeDialect),
    })),

    translate: bidiStream(async function* (messages, call) {
      const { first, content } = await openDocument(messages)
      const options = parse((violations) => readTranslation(first, violations))
      yield* writeDocument(operations.translate({ ...options, content }, call))
    }),

    importAchievements: bidiStream(async function* (messages, call) {
      const { first, content } = await openDocument(messages)
      const options = parse((violations) => readAchievementsImport(first, violations))
      yield* writeImport(operations.importAchievements({ ...options, content }, call))
    }),

    importProgress: bidiStream(async function* (messages, call) {
      const { first, content } = await openDocument(messages)
      const options = parse((violations) => readProgressImport(first, violations))
      yield* writeImport(operations.importProgress({ ...options, content }, call))
    }),

    exportAchievements: serverStream((message, call) => {
      const options = parse((violations) => readAchievementsExport(message, violations))
      return writeDocument(operations.exportAchievements(options, call))
    }),

    exportRecords: serverStream(
      async function* (message, call) {
        const titleIds = parse((violations) =>
          readList(message.titleIds, LIMITS.filterIds, 'title_ids', violations, readId),
        )
        for await (const content of operations.exportRecords({ titleIds }, call))
          for (let start = 0; start < content.length; start += PIECE_BYTES)
            yield { content: Buffer.from(content.subarray(start, start + PIECE_BYTES)) }
      },
      { milliseconds: WRITE_TIMEOUT_MILLISECONDS, end: tooSlow },
    ),

    importRecords: bidiStream(async function* (messages, call) {
      const { content } = await openDocument(messages)
      for await (const { lineCount, done } of operations.importRecords({ content }, call))
        yield { lineCount: BigInt(lineCount), done }
    }),

    exportProgress: serverStream((message, call) => {
      const options = parse((violations) => readProgressExport(message, violations))
      return writeDocument(operations.exportProgress(options, call))
    }),

    previewAchievement: unary(async (message, call) => {
      const options = parse((violations) => readPreview(message, violations))
      const previews = await operations.previewAchievement(options, call)
      return { previews: previews.map(writePreview) }
    }),

    lintTitle: unary(async (message, call) => {
      const options = parse((violations) => readLint(message, violations))
      const { items, nextPageToken = '', counts, dialects } = await operations.lintTitle(options, call)
      return {
        findings: items.map(writeFinding),
        nextPageToken,
        errorCount: counts.error,
        warningCount: counts.warning,
        dialects: [...dialects],
      }
    }),
  }
}

function tooSlow(): LaurelError {
  const message = 'the caller read no response for a minute: export again, and read faster'
  return new LaurelError('unavailable', 'EXPORT_TOO_SLOW', message, { retryAfter: 1 })
}
