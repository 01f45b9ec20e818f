import type { Adapter, Shape } from '../../dialect/adapter.ts'
import { type Loss, LossReport } from '../../dialect/losses.ts'
import { shapeFor } from '../../dialect/shapes.ts'
import { hasFacts } from '../../dialect/translate.ts'
import { Turns } from '../../dialect/turns.ts'
import { invalidArgument } from '../../model/errors.ts'
import type { Progress } from '../../model/progress.ts'
import type { Title } from '../../model/title.ts'
import { countCreatedIds, withDialectIds } from '../achievements/assign-dialect-ids.ts'
import type { Call } from '../call.ts'
import { idDigest } from '../page-tokens.ts'
import { readProgressPage } from '../progress/progress-pages.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { dialectOf } from './dialects.ts'
import type { DocumentOptions, ExportPart } from './document-parts.ts'
import { isProgressPath } from './entry-losses.ts'
import { DocumentOutput, encodeRecord, shapeOf } from './output.ts'
import { pathsMadeByLaurel, recordOf, summaryRecordOf } from './to-canonical.ts'

export interface ExportProgressOptions extends DocumentOptions {
  readonly dialect: string
  readonly titleId: string
  /** Undefined for all players of the title. */
  readonly playerId: string | undefined
  readonly shape: string | undefined
}

const PAGE_SIZE = 500

/**
 * Yields the progress of one player, or of all players of a title, as a document of the dialect. A shape that also carries
 * the definition lists every live achievement; besides, and in the other shapes, achievements with progress are listed.
 */
export async function* exportProgress(
  services: Services,
  options: ExportProgressOptions,
  call: Call,
): AsyncGenerator<ExportPart> {
  const adapter = dialectOf(services, options.dialect)
  const shape = options.shape === undefined ? undefined : shapeOf(adapter, options.shape)
  const title = await services.store.read(call.signal, (queries) => titleOf(queries, options.titleId))
  const output = new DocumentOutput(adapter, shape?.name, options.lossPolicy)
  const languages = { locale: options.locale, readerLocale: title.defaultLocale }
  const purpose = shape === undefined ? 'progress' : purposeOf(shape)
  const hasDefinitions = (shape ?? shapeFor(adapter, purpose))?.carries.includes('definition') === true
  const turns = new Turns()
  for await (const { playerId, account } of playersOf(services, adapter, options, call)) {
    const records =
      purpose === 'summary'
        ? summaryOf(services, adapter, title, playerId, account, call)
        : progressOf(services, adapter, title, playerId, account, hasDefinitions, output, call)
    const isUnattributed = account === undefined && options.playerId === undefined
    const unattributed = isUnattributed ? accountLosses(adapter, purpose, playerId) : []
    output.startList()
    for await (const { record, made } of records) {
      await turns.pause()
      const entry = encodeRecord(adapter, title.id, record, shape, languages, account, purpose)
      const losses = entry.losses
        .filter(({ path }) => hasDefinitions || isProgressPath(path))
        // The caller who names the player knows whose the document is.
        .filter(({ path }) => options.playerId === undefined || !IS_ACCOUNT.test(path))
      const part = output.add({ ...entry, losses: [...losses, ...unattributed], made })
      if (part !== undefined) yield part
    }
  }
  yield output.end([], purpose)
}

const IS_ACCOUNT = /^\$\.(progress|summary)\.account$/

/**
 * Returns the loss of a row whose player has no account, in a document of many players: neither the platform nor an import can tell
 * whose it is.
 */
function accountLosses(
  { displayName }: Adapter,
  part: 'progress' | 'summary',
  playerId: string,
): readonly Loss[] {
  const report = new LossReport()
  const detail = `player ${playerId} has no account in ${displayName}, and the row names no player: link an account with LinkAccount`
  report.dropped([part, 'account'], playerId, detail)
  return report.losses
}

/** @throws LaurelError for a shape that carries definitions only. */
function purposeOf({ name: shape, carries }: Shape): 'progress' | 'summary' {
  const purpose = (['progress', 'summary'] as const).find((name) => carries.includes(name))
  if (purpose !== undefined) return purpose
  throw invalidArgument([{ field: 'shape', message: `must be one that carries progress: ${shape} does not` }])
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
          : [(await queries.aliases.find([playerId])).get(playerId) ?? playerId]
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
  hasDefinitions: boolean,
  output: DocumentOutput,
  call: Call,
) {
  const returned: string[] = []
  for (;;) {
    const filter = { playerId, titleId: title.id, states: [], returned, limit: PAGE_SIZE, listsAll: true }
    const { items: page, isCut } = await services.store.read(call.signal, (queries) =>
      readProgressPage(services.definitions, queries, filter),
    )
    const achievements = page.map(({ achievement }) => achievement)
    const withIds = await withDialectIds(services, adapter, title.id, achievements, call)
    output.countCreatedIds(countCreatedIds(adapter, achievements, withIds))
    const progressById = new Map(page.map((item) => [item.achievement.id, item.progress]))
    for (const achievement of withIds) {
      const progress = progressById.get(achievement.id)
      if ((hasDefinitions && achievement.lifecycle === 'live') || hasRow(adapter, progress))
        yield {
          record: recordOf(adapter, title, achievement, { account, progress }),
          made: pathsMadeByLaurel(adapter, achievement),
        }
    }
    if (page.length < PAGE_SIZE && !isCut) return
    returned.push(...achievements.map(({ id }) => idDigest(id)))
  }
}

/** True if progress says something, or if the dialect stored something of its own with it. */
function hasRow(adapter: Adapter, progress: Progress | undefined): boolean {
  return progress !== undefined && (hasFacts(progress) || Object.hasOwn(progress.extensions, adapter.id))
}

async function* summaryOf(
  services: Services,
  adapter: Adapter,
  title: Title,
  playerId: string,
  account: string | undefined,
  call: Call,
) {
  const { playerTitle, maxScore } = await services.store.read(call.signal, async (queries) => ({
    playerTitle: await queries.playerTitles.find({ playerId, titleId: title.id }),
    maxScore: (await queries.titles.findTotals({ playerId, titleId: title.id })).maxScore,
  }))
  if (playerTitle === undefined) return
  yield { record: summaryRecordOf(adapter, title, playerTitle, maxScore, account), made: undefined }
}
