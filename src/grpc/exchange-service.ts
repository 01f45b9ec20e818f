import type { ExchangeServiceServer } from '../gen/laurel/v1/exchange_service.ts'
import { exportAchievements } from '../service/export-achievements.ts'
import { exportProgress } from '../service/export-progress.ts'
import { importAchievements } from '../service/import-achievements.ts'
import { importProgress } from '../service/import-progress.ts'
import { listDialects } from '../service/list-dialects.ts'
import type { Services } from '../service/services.ts'
import { translate } from '../service/translate.ts'
import type { Logger } from '../telemetry/log.ts'
import { writeDialect } from './convert/exchange.ts'
import {
  readAchievementsExport,
  readAchievementsImport,
  readProgressExport,
  readProgressImport,
  readTranslation,
} from './convert/exchange-options.ts'
import { writeDocument, writeImport } from './convert/parts.ts'
import { parse } from './convert/violations.ts'
import { openDocument } from './document-stream.ts'
import { bidiStream, serverStream } from './streams.ts'
import { unary } from './unary.ts'

export function exchangeService(services: Services, log: Logger): ExchangeServiceServer {
  return {
    listDialects: unary(log, async () => ({ dialects: listDialects(services).map(writeDialect) })),

    translate: bidiStream(log, async function* (messages, call) {
      const { first, content } = await openDocument(messages)
      const options = parse((violations) => readTranslation(first, violations))
      yield* writeDocument(translate(services, options, content, call))
    }),

    importAchievements: bidiStream(log, async function* (messages, call) {
      const { first, content } = await openDocument(messages)
      const options = parse((violations) => readAchievementsImport(first, violations))
      yield* writeImport(importAchievements(services, options, content, call))
    }),

    importProgress: bidiStream(log, async function* (messages, call) {
      const { first, content } = await openDocument(messages)
      const options = parse((violations) => readProgressImport(first, violations))
      yield* writeImport(importProgress(services, options, content, call))
    }),

    exportAchievements: serverStream(log, (message, call) => {
      const options = parse((violations) => readAchievementsExport(message, violations))
      return writeDocument(exportAchievements(services, options, call))
    }),

    exportProgress: serverStream(log, (message, call) => {
      const options = parse((violations) => readProgressExport(message, violations))
      return writeDocument(exportProgress(services, options, call))
    }),
  }
}
