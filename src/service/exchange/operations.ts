import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { listDialects } from './dialects.ts'
import { type ExportAchievementsOptions, exportAchievements } from './export-achievements.ts'
import { type ExportProgressOptions, exportProgress } from './export-progress.ts'
import {
  type ImportOnlyDefinitions,
  type ImportOptions,
  type ImportProgressOptions,
  importAchievements,
  importOnlyDefinitions,
  importProgress,
} from './import-document.ts'
import { type LintOptions, lintTitle } from './lint-title.ts'
import { type PreviewOptions, previewAchievement } from './preview-achievement.ts'
import { type TranslateOptions, translate } from './translate.ts'

/** The options of a request with the document that is streamed after them. */
type WithContent<Options> = Options & { readonly content: AsyncIterable<Uint8Array> }

export const EXCHANGE_OPERATIONS = {
  listDialects: operation(async (services, _: object) => listDialects(services), 'authenticated'),
  translate: operation(
    (services, { content, ...options }: WithContent<TranslateOptions>, call) =>
      translate(services, options, content, call),
    'authenticated',
  ),
  importAchievements: operation(
    (services, { content, ...options }: WithContent<ImportOptions>, call) =>
      importAchievements(services, options, content, call),
    ({ titleId = permission.ALL, playerId = permission.ALL }) => [
      permission.definitions(titleId, 'create'),
      permission.definitions(titleId, 'update'),
      permission.enforcement(titleId, playerId, 'update'),
    ],
  ),
  importOnlyDefinitions: operation(
    (services, { content, ...options }: WithContent<ImportOnlyDefinitions>, call) =>
      importOnlyDefinitions(services, options, content, call),
    ({ titleId }) => [permission.definitions(titleId, 'create'), permission.definitions(titleId, 'update')],
  ),
  importProgress: operation(
    (services, { content, ...options }: WithContent<ImportProgressOptions>, call) =>
      importProgress(services, options, content, call),
    ({ titleId = permission.ALL, playerId = permission.ALL }) => [
      permission.enforcement(titleId, playerId, 'update'),
    ],
  ),
  exportAchievements: operation(exportAchievements, ({ titleId }: ExportAchievementsOptions) => [
    permission.definitions(titleId, 'read'),
  ]),
  lintTitle: operation(lintTitle, ({ titleId }: LintOptions) => [permission.definitions(titleId, 'read')]),
  previewAchievement: operation(previewAchievement, ({ titleId, playerId }: PreviewOptions) => [
    permission.definitions(titleId, 'read'),
    ...(playerId === undefined ? [] : [permission.enforcement(titleId, playerId, 'read')]),
  ]),
  exportProgress: operation(exportProgress, ({ titleId, playerId }: ExportProgressOptions) => [
    permission.enforcement(titleId, playerId ?? permission.ALL, 'read'),
  ]),
}
