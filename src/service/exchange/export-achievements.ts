import { Turns } from '../../dialect/turns.ts'
import type { StoredAchievement } from '../../model/achievement.ts'
import { countCreatedIds, withDialectIds } from '../achievements/assign-dialect-ids.ts'
import type { Call } from '../call.ts'
import { achievementNotFound, titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { definitionPages } from './definition-pages.ts'
import { dialectOf } from './dialects.ts'
import type { DocumentOptions, ExportPart } from './document-parts.ts'
import { DocumentOutput, encodeRecord, shapeOf } from './output.ts'
import { pathsMadeByLaurel, recordOf } from './to-canonical.ts'

export interface ExportAchievementsOptions extends DocumentOptions {
  readonly dialect: string
  readonly titleId: string
  /** Undefined for the shape that each record was imported in, else the dialect's first. */
  readonly shape: string | undefined
  /** Empty for all. */
  readonly achievementIds: readonly string[]
}

/** Yields a title's definitions as a document of the dialect, in list order. */
export async function* exportAchievements(
  services: Services,
  options: ExportAchievementsOptions,
  call: Call,
): AsyncGenerator<ExportPart> {
  const { titleId } = options
  const adapter = dialectOf(services, options.dialect)
  const shape = options.shape === undefined ? undefined : shapeOf(adapter, options.shape)
  const title = await services.store.read(call.signal, (queries) => titleOf(queries, titleId))
  const output = new DocumentOutput(adapter, shape?.name, options.lossPolicy)
  const languages = { locale: options.locale, readerLocale: title.defaultLocale }
  const turns = new Turns()
  for await (const page of pagesOf(services, options, call)) {
    const withIds = await withDialectIds(services, adapter, titleId, page, call)
    output.countCreatedIds(countCreatedIds(adapter, page, withIds))
    for (const achievement of withIds) {
      await turns.pause()
      const record = recordOf(adapter, title, achievement)
      const entry = encodeRecord(adapter, titleId, record, shape, languages, undefined)
      const part = output.add({ ...entry, made: pathsMadeByLaurel(adapter, achievement) })
      if (part !== undefined) yield part
    }
  }
  yield output.end()
}

/** Yields the definitions, only the requested ones if there are any. */
async function* pagesOf(
  services: Services,
  { titleId, achievementIds }: ExportAchievementsOptions,
  call: Call,
): AsyncGenerator<readonly StoredAchievement[]> {
  const requested = new Set(achievementIds)
  for await (const page of definitionPages(services, titleId, call)) {
    yield achievementIds.length === 0 ? page : page.filter(({ id }) => requested.has(id))
    for (const { id } of page) requested.delete(id)
  }
  const [missing] = requested
  if (missing !== undefined) throw achievementNotFound(titleId, missing)
}
