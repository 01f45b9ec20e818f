import type {
  ExportAchievementsRequest,
  ExportProgressRequest,
  ImportAchievementsRequest,
  ImportProgressRequest,
  LintTitleRequest,
  TranslateRequest,
} from '../../gen/laurel/v1/exchange_service.ts'
import { LIMITS } from '../../model/limits.ts'
import type { DocumentOptions } from '../../service/exchange/document-parts.ts'
import type { ExportAchievementsOptions } from '../../service/exchange/export-achievements.ts'
import type { ExportProgressOptions } from '../../service/exchange/export-progress.ts'
import type { importAchievements, importProgress } from '../../service/exchange/import-document.ts'
import type { LintOptions } from '../../service/exchange/lint-title.ts'
import type { TranslateOptions } from '../../service/exchange/translate.ts'
import { readList, readMap } from './collections.ts'
import { readLossPolicy, readStrategy } from './exchange.ts'
import { readId, readLocale, readOptionalId, readPaging } from './scalars.ts'
import type { Violations } from './violations.ts'

type AchievementsImportOptions = Parameters<typeof importAchievements>[1]
type ProgressImportOptions = Parameters<typeof importProgress>[1]

export function readTranslation(message: TranslateRequest, violations: Violations): TranslateOptions {
  return {
    from: readId(message.from, 'from', violations),
    to: readId(message.to, 'to', violations),
    shape: readOptionalId(message.shape, 'shape', violations),
    ...readDocumentOptions(message, violations),
  }
}

export function readAchievementsImport(
  message: ImportAchievementsRequest,
  violations: Violations,
): AchievementsImportOptions {
  return {
    ...readProgressImport(message, violations),
    strategy: readStrategy(message.strategy, violations),
    allowRebinding: message.allowRebinding,
  }
}

export function readProgressImport(
  message: Omit<ImportProgressRequest, 'content'>,
  violations: Violations,
): ProgressImportOptions {
  return {
    dialect: readId(message.dialect, 'dialect', violations),
    titleId: readOptionalId(message.titleId, 'title_id', violations),
    playerId: readOptionalId(message.playerId, 'player_id', violations),
    dryRun: message.dryRun,
    appliesRevocations: message.applyRevocations,
    mapping: readMap(message.mapping, LIMITS.mapping, 'mapping', violations, readId),
    ...readDocumentOptions(message, violations),
  }
}

export function readAchievementsExport(
  message: ExportAchievementsRequest,
  violations: Violations,
): ExportAchievementsOptions {
  const { achievementIds } = message
  return {
    dialect: readId(message.dialect, 'dialect', violations),
    titleId: readId(message.titleId, 'title_id', violations),
    shape: readOptionalId(message.shape, 'shape', violations),
    achievementIds: readList(achievementIds, LIMITS.batchItems, 'achievement_ids', violations, readId),
    ...readDocumentOptions(message, violations),
  }
}

export function readProgressExport(
  message: ExportProgressRequest,
  violations: Violations,
): ExportProgressOptions {
  return {
    dialect: readId(message.dialect, 'dialect', violations),
    titleId: readId(message.titleId, 'title_id', violations),
    playerId: readOptionalId(message.playerId, 'player_id', violations),
    shape: readOptionalId(message.shape, 'shape', violations),
    ...readDocumentOptions(message, violations),
  }
}

export function readLint(message: LintTitleRequest, violations: Violations): LintOptions {
  return {
    titleId: readId(message.titleId, 'title_id', violations),
    dialects: readList(message.dialects, LIMITS.dialects, 'dialects', violations, readId),
    ...readPaging(message, violations),
  }
}

function readDocumentOptions(
  message: Pick<TranslateRequest, 'locale' | 'lossPolicy'>,
  violations: Violations,
): DocumentOptions {
  return {
    locale: readLocale(message.locale, 'locale', violations) || undefined,
    lossPolicy: readLossPolicy(message.lossPolicy, violations),
  }
}
