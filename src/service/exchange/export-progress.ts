import type { Adapter, Shape } from '../../dialect/adapter.ts'
import { shapeFor } from '../../dialect/shapes.ts'
import { invalidArgument } from '../../model/errors.ts'
import type { Progress } from '../../model/progress.ts'
import type { Title } from '../../model/title.ts'
import { withDialectIds } from '../achievements/assign-dialect-ids.ts'
import { readProgressPage } from '../progress/progress-pages.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { dialectOf } from './dialects.ts'
import { encodeRecord } from './encode-record.ts'
import type { DocumentOptions, ExportPart } from './export-part.ts'
import { Output, shapeOf } from './output.ts'
import { recordOf, summaryRecordOf } from './to-canonical.ts'

export interface ExportProgressOptions extends DocumentOptions {
  readonly dialect: string
  readonly titleId: string
  /** Undefined for all players of the title. */
  readonly playerId: string | undefined
  readonly shape: string | undefined
}

const PAGE_SIZE = 500

/**
 * What players have of a title as a document of the dialect. Shapes that carry the definition too list every
 * achievement, begun or not; the others list what was begun.
 */
export async function* exportProgress(
  services: Services,
  options: ExportProgressOptions,
  call: Call,
): AsyncGenerator<ExportPart> {
  const adapter = dialectOf(services, options.dialect)
  const named = options.shape === undefined ? undefined : shapeOf(adapter, options.shape)
  const title = await services.store.read(call.signal, (queries) => titleOf(queries, options.titleId))
  const output = new Output(adapter, named?.name)
  const purpose = named === undefined ? 'progress' : purposeOf(named)
  for await (const { playerId, account } of playersOf(services, adapter, options, call)) {
    const records =
      purpose === 'summary'
        ? summaryOf(services, adapter, title, playerId, account, call)
        : progressOf(services, adapter, title, playerId, account, named, call)
    for await (const record of records) {
      const { json, losses } = encodeRecord(adapter, title.id, record, named, options, account, purpose)
      const part = output.entry(json, purpose, losses)
      if (part !== undefined) yield part
    }
  }
  yield output.end([], purpose)
}

/** @throws LaurelError for a shape of definitions alone. */
function purposeOf({ name, carries }: Shape): 'progress' | 'summary' {
  const purpose = (['progress', 'summary'] as const).find((wanted) => carries.includes(wanted))
  if (purpose !== undefined) return purpose
  throw invalidArgument([{ field: 'shape', message: `must be one that carries progress: ${name} does not` }])
}

async function* playersOf(
  services: Services,
  adapter: Adapter,
  { titleId, playerId }: ExportProgressOptions,
  call: Call,
) {
  for (let after = ''; ; ) {
    const page = await services.store.read(call.signal, async (queries) => {
      const ids =
        playerId === undefined
          ? await queries.playerTitles.listPlayersOfTitle(titleId, after, PAGE_SIZE)
          : [playerId]
      return { ids, accounts: await queries.accounts.listOfPlayers(adapter.id, ids) }
    })
    for (const id of page.ids) yield { playerId: id, account: page.accounts.get(id) }
    after = page.ids.at(-1) ?? ''
    if (playerId !== undefined || page.ids.length < PAGE_SIZE) return
  }
}

async function* progressOf(
  services: Services,
  adapter: Adapter,
  title: Title,
  playerId: string,
  account: string | undefined,
  shape: Shape | undefined,
  call: Call,
) {
  const lists = (shape ?? shapeFor(adapter, 'progress'))?.carries.includes('definition') === true
  let after: { key: bigint; id: string } | undefined
  for (;;) {
    const filter = { playerId, titleId: title.id, states: [], after, limit: PAGE_SIZE }
    const page = await services.store.read(call.signal, (queries) =>
      readProgressPage(services.definitions, queries, filter),
    )
    const achievements = page.map(({ achievement }) => achievement)
    const named = await withDialectIds(services, adapter, title.id, achievements, call)
    const progressList = new Map(page.map((item) => [item.achievement.id, item.progress]))
    for (const achievement of named) {
      const progress = progressList.get(achievement.id)
      if (lists || isWorthARow(adapter, progress))
        yield recordOf(adapter, title, achievement, { account, progress })
    }
    const last = achievements.at(-1)
    if (last === undefined || page.length < PAGE_SIZE) return
    after = { key: BigInt(last.listOrder), id: last.id }
  }
}

/** Begun, or known to the dialect from a row of its own. */
function isWorthARow(adapter: Adapter, progress: Progress | undefined): boolean {
  return progress !== undefined && (progress.state !== 'not_started' || adapter.id in progress.extensions)
}

async function* summaryOf(
  services: Services,
  adapter: Adapter,
  title: Title,
  playerId: string,
  account: string | undefined,
  call: Call,
) {
  const { sheet: playerTitle, maxScore } = await services.store.read(call.signal, async (queries) => ({
    sheet: await queries.playerTitles.find({ playerId, titleId: title.id }),
    maxScore: (await queries.titles.findTotals(title.id)).maxScore,
  }))
  if (playerTitle !== undefined) yield summaryRecordOf(adapter, title, playerTitle, maxScore, account)
}
