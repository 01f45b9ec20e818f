import type { LossPolicy } from '../../src/dialect/losses.ts'
import { listAchievements } from '../../src/service/achievements/achievements.ts'
import type { ExportPart, ImportPart } from '../../src/service/exchange/document-parts.ts'
import { exportAchievements } from '../../src/service/exchange/export-achievements.ts'
import { exportProgress } from '../../src/service/exchange/export-progress.ts'
import { type ImportOptions, importAchievements } from '../../src/service/exchange/import-document.ts'
import type { Services } from '../../src/service/services.ts'
import { callOf } from './services.ts'

type Imported = Required<Pick<ImportPart, 'outcomes' | 'losses' | 'summary'>>
type Exported = { readonly text: string } & Required<Pick<ExportPart, 'losses' | 'summary'>>

/** Imports a document and returns all response parts merged. */
export async function importText(
  services: Services,
  dialect: string,
  text: string | Uint8Array,
  options: Partial<ImportOptions> = {},
): Promise<Imported> {
  const defaults = {
    titleId: undefined,
    strategy: 'replace',
    dryRun: false,
    playerId: undefined,
    mapping: {},
  } as const
  const policy = { allowRebinding: false, locale: undefined, lossPolicy: 'report' } as const
  async function* content() {
    yield typeof text === 'string' ? new TextEncoder().encode(text) : text
  }
  const parts = importAchievements(
    services,
    { dialect, ...defaults, ...policy, ...options },
    content(),
    callOf(),
  )
  const all = await Array.fromAsync(parts)
  const summary = all.at(-1)?.summary
  if (summary === undefined) throw new Error('an import ends with its summary')
  return {
    outcomes: all.flatMap(({ outcomes }) => outcomes),
    losses: all.flatMap(({ losses }) => losses),
    summary,
  }
}

/** Returns a document that is a bare array. */
export function textOf(...entries: object[]): string {
  return JSON.stringify(entries)
}

/** Returns the outcome kind of each entry, in order. */
export function kindsOf({ outcomes }: Imported) {
  return outcomes.map(({ kind }) => kind)
}

/** Returns all definitions of a title. */
export async function definitionsOf(services: Services, titleId: string) {
  const filter = { tags: [], hidden: undefined, orderBy: 'list_order', descending: false } as const
  const page = { pageSize: undefined, pageToken: undefined }
  return (await listAchievements(services, { titleId, ...page, ...filter }, callOf())).items
}

/** Exports a title's definitions, or with `playerId` the progress of one player or of `all` players. */
export async function exportText(
  services: Services,
  dialect: string,
  titleId: string,
  options: {
    readonly playerId?: string | 'all'
    readonly shape?: string | undefined
    readonly locale?: string
    readonly lossPolicy?: LossPolicy
  } = {},
): Promise<Exported> {
  const { playerId, shape, locale, lossPolicy = 'report' } = options
  const common = { dialect, titleId, shape, locale, lossPolicy }
  const parts = await Array.fromAsync(
    playerId === undefined
      ? exportAchievements(services, { ...common, achievementIds: [] }, callOf())
      : exportProgress(
          services,
          { ...common, playerId: playerId === 'all' ? undefined : playerId },
          callOf(),
        ),
  )
  const decoder = new TextDecoder()
  const text = parts.map(({ content }) => decoder.decode(content, { stream: true })).join('')
  const summary = parts.at(-1)?.summary
  if (summary === undefined) throw new Error('an export ends with its summary')
  return { text, losses: parts.flatMap(({ losses }) => losses), summary }
}
