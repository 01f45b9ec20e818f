import * as right from '../authorization.ts'
import { authenticated, operation, type WithContent } from '../operation.ts'
import { type ExportAchievementsOptions, exportAchievements } from './export-achievements.ts'
import { type ExportProgressOptions, exportProgress } from './export-progress.ts'
import { importAchievements } from './import-achievements.ts'
import type { ImportOptions } from './import-document.ts'
import { type ImportOnlyDefinitions, importOnlyDefinitions } from './import-only-definitions.ts'
import { type ImportProgressOptions, importProgress } from './import-progress.ts'
import { listDialects } from './list-dialects.ts'
import { type TranslateOptions, translate } from './translate.ts'

export const EXCHANGE_OPERATIONS = {
  listDialects: operation(async (services, _: object) => listDialects(services), authenticated),
  translate: operation(
    (services, { content, ...options }: WithContent<TranslateOptions>, call) =>
      translate(services, options, content, call),
    authenticated,
  ),
  importAchievements: operation(
    (services, { content, ...options }: WithContent<ImportOptions>, call) =>
      importAchievements(services, options, content, call),
    ({ titleId = right.ALL, playerId = right.ALL }) => [
      right.definitions(titleId, 'create'),
      right.definitions(titleId, 'update'),
      right.enforcement(titleId, playerId, 'update'),
    ],
  ),
  importOnlyDefinitions: operation(
    (services, { content, ...options }: WithContent<ImportOnlyDefinitions>, call) =>
      importOnlyDefinitions(services, options, content, call),
    ({ titleId }) => [right.definitions(titleId, 'create'), right.definitions(titleId, 'update')],
  ),
  importProgress: operation(
    (services, { content, ...options }: WithContent<ImportProgressOptions>, call) =>
      importProgress(services, options, content, call),
    ({ titleId = right.ALL, playerId = right.ALL }) => [right.enforcement(titleId, playerId, 'update')],
  ),
  exportAchievements: operation(exportAchievements, ({ titleId }: ExportAchievementsOptions) => [
    right.definitions(titleId, 'read'),
  ]),
  exportProgress: operation(exportProgress, ({ titleId, playerId = right.ALL }: ExportProgressOptions) => [
    right.enforcement(titleId, playerId, 'read'),
  ]),
}
