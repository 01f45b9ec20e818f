import type { Achievement as AchievementMessage } from '../../gen/laurel/v1/achievement.ts'
import type {
  ExportAchievementsRequest,
  ExportProgressRequest,
  ImportAchievementsRequest,
  ImportProgressRequest,
  LintTitleRequest,
  PreviewAchievementRequest,
  TranslateRequest,
} from '../../gen/laurel/v1/exchange_service.ts'
import type { PlanImportRequest } from '../../gen/laurel/v1/plan_service.ts'
import type { Achievement } from '../../model/achievement.ts'
import { LIMITS } from '../../model/limits.ts'
import type { DocumentOptions } from '../../service/exchange/document-parts.ts'
import type { ExportAchievementsOptions } from '../../service/exchange/export-achievements.ts'
import type { ExportProgressOptions } from '../../service/exchange/export-progress.ts'
import type { importAchievements, importProgress } from '../../service/exchange/import-document.ts'
import type { LintOptions } from '../../service/exchange/lint-title.ts'
import type { PreviewOptions } from '../../service/exchange/preview-achievement.ts'
import type { TranslateOptions } from '../../service/exchange/translate.ts'
import type { PlanImportOptions } from '../../service/plans/plan-import.ts'
import { readAchievement } from './achievement.ts'
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

export function readPlanImport(message: PlanImportRequest, violations: Violations): PlanImportOptions {
  return {
    dialect: readId(message.dialect, 'dialect', violations),
    titleId: readId(message.titleId, 'title_id', violations),
    strategy: readStrategy(message.strategy, violations),
    mapping: readMap(message.mapping, LIMITS.mapping, 'mapping', violations, readId),
    allowRebinding: message.allowRebinding,
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

/** Texts without a locale get an empty one. */
export function readPreview(
  { subject, ...message }: PreviewAchievementRequest,
  violations: Violations,
): PreviewOptions {
  return {
    titleId: readId(message.titleId, 'title_id', violations),
    achievement:
      subject?.$case === 'achievement'
        ? readUnstored(subject.value, violations)
        : readId(subject?.value ?? '', 'achievement_id', violations),
    playerId: readOptionalId(message.playerId, 'player_id', violations),
    dialects: readList(message.dialects, LIMITS.dialects, 'dialects', violations, readId),
    locale: readLocale(message.locale, 'locale', violations) || undefined,
  }
}

function readUnstored(message: AchievementMessage, violations: Violations): Achievement {
  readOptionalId(message.titleId, 'achievement.title_id', violations)
  return readAchievement(message, violations)
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
